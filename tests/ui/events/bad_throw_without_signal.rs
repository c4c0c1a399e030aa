use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(tell)]
    start: StartHandle,
    #[next(end)]
    tell: SignalThrow,
    end: End,
}

fn main() {}
