use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next("end")]
    start: Start,
    end: End,
}

fn main() {}

// Mended:
// -    #[next("end")]
// +    #[next(end)]
