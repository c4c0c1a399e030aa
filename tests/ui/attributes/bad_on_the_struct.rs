use viewflow::prelude::*;

#[derive(Flow)]
#[next(end)]
struct MyFlow {
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {}
