use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next()]
    start: Start,
    end: End,
}

fn main() {}

// Mended:
// -    #[next()]
// +    #[next(end)]
