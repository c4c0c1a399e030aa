use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(wait)]
    start: StartHandle,
    #[message(|_| "paid".to_owned())]
    #[next(end)]
    wait: MessageThrow,
    end: End,
}

fn main() {}
