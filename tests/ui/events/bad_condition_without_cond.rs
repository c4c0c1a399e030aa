use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(wait)]
    start: StartHandle,

    #[next(end)]
    wait: ConditionalCatch,
    end: End,
}

fn main() {}
