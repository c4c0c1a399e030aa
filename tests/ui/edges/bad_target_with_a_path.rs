use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(Self::end)]
    start: Start,
    end: End,
}

fn main() {}

// Mended:
// -    #[next(Self::end)]
// +    #[next(end)]
