use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(compute)]
    start: Start,
    #[call(|a| Ok(()))]
    #[next(end)]
    compute: Function,
    end: End,
}

fn main() {}
