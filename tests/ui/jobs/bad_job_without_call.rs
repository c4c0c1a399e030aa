use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: StartHandle,
    #[next(end)]
    send: Job,
    end: End,
}

fn main() {}
