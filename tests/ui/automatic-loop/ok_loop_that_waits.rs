use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(ask)]
    start: Start,
    #[next(enough)]
    ask: View,
    #[cond(|_| true)]
    #[then(end)]
    #[otherwise(ask)]
    enough: If,
    end: End,
}

fn main() {}
