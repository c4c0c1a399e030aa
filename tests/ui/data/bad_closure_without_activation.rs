use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(decide)]
    start: Start,
    #[cond(|| true)]
    #[then(end)]
    #[otherwise(end)]
    decide: If,
    end: End,
}

fn main() {}

// Mended:
// -    #[cond(|| true)]
// +    #[cond(|_| true)]
