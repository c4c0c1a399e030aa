use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(end)]
    start: StartTimer,
    end: End,
}

fn main() {}

// Mended:
// -    #[next(end)]
// +    #[every("1h")]
// +    #[next(end)]
