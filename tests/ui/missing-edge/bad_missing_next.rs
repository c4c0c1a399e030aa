use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(review)]
    start: Start,
    review: View,
    end: End,
}

fn main() {}

// Mended:
// -    review: View,
// +    #[next(end)]
// +    review: View,
