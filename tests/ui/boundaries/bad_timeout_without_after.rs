use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(review)]
    start: StartHandle,
    #[on_timeout(then = end)]
    #[next(end)]
    review: View,
    end: End,
}

fn main() {}

// Mended:
// -    #[on_timeout(then = end)]
// +    #[on_timeout(after = "3d", then = end)]
