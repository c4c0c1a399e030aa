use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(compute)]
    start: Start,
    #[call(compute)]
    #[next(end)]
    compute: Function,
    end: End,
}

fn main() {}
