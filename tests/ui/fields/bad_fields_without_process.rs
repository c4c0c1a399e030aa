use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[fields(approved)]
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {}
