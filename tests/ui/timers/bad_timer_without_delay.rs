use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(wait)]
    start: StartHandle,
    #[next(end)]
    wait: Timer,
    end: End,
}

fn main() {}

// Mended:
// -    #[next(end)]
// +    #[delay("3d")]
// +    #[next(end)]
