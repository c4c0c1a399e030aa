use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(reveiw)]
    start: Start,
    #[cond(|_| true)]
    #[next(end)]
    review: View,
    #[then(end)]
    #[otherwise(end)]
    decide: If,
    end: End,
}

fn main() {}

// Mended:
// -    #[next(reveiw)]
// +    #[next(review)]
// -    #[cond(|_| true)]
// -    #[next(end)]
// -    review: View,
// +    #[next(decide)]
// +    review: View,
// +    #[cond(|_| true)]
