use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(decide)]
    start: Start,
    #[cond(|a| a.process.id)]
    #[then(end)]
    #[otherwise(end)]
    decide: If,
    end: End,
}

fn main() {}
