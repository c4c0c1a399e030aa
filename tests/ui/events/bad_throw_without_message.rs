use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(wait)]
    start: StartHandle,

    #[next(end)]
    wait: MessageThrow,
    end: End,
}

fn main() {}
