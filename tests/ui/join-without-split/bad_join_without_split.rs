use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(gather)]
    start: Start,
    #[next(end)]
    gather: Join,
    end: End,
}

fn main() {}
