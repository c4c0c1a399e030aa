use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[next(decide)]
    review: View,
    #[cond(|a| a.task.owner.is_none())]
    #[then(end)]
    #[otherwise(review)]
    decide: If,
    end: End,
}

fn main() {}
