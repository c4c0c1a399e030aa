use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(failed)]
    start: StartHandle,
    failed: ErrorEnd,
}

fn main() {}
