use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(end)]
    start: StartTimer,
    end: End,
}

fn main() {}
