use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(wait)]
    start: StartHandle,

    #[next(end)]
    wait: SignalCatch,
    end: End,
}

fn main() {}
