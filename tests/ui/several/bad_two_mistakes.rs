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
