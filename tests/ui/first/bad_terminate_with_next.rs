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

// Mended:
// -    #[next(end)]
// -    stop: Terminate,
// -    end: End,
// +    stop: Terminate,
