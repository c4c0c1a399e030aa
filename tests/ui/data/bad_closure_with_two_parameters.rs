use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(decide)]
    start: Start,
    #[cond(|flow, a| true)]
    #[then(end)]
    #[otherwise(end)]
    decide: If,
    end: End,
}

fn main() {}

// Mended:
// -    #[cond(|flow, a| true)]
// +    #[cond(|_| true)]
