use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(wait)]
    start: StartHandle,

    #[next(end)]
    wait: MessageCatch,
    end: End,
}

fn main() {}
