use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[every("0s")]
    #[next(end)]
    start: StartTimer,
    end: End,
}

fn main() {}
