use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(rate)]
    start: StartHandle,
    #[next(send)]
    rate: BusinessRule,
    #[next(end)]
    send: SendHandle,
    end: End,
}

fn main() {}
