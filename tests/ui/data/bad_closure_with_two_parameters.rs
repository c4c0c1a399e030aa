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
