use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(end)]
    start: Start,
    #[next(end)]
    review: String,
    end: End,
}

fn main() {}

// Mended:
// -    #[next(end)]
// -    start: Start,
// +    #[next(review)]
// +    start: Start,
// -    review: String,
// +    review: View,
