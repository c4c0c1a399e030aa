use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(stop)]
    start: StartHandle,
    #[next(end)]
    stop: Terminate,
    end: End,
}

fn main() {}
