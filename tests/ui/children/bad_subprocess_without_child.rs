use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(run)]
    start: StartHandle,

    #[next(end)]
    run: Subprocess,
    end: End,
}

fn main() {}
