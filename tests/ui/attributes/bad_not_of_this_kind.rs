use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[cond(|_| true)]
    #[next(end)]
    review: View,
    end: End,
}

fn main() {}

// Mended:
// -    #[cond(|_| true)]
