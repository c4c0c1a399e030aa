use viewflow::prelude::{End, Flow, Start};

struct Handle;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(end)]
    start: Start,
    end: End,
    hand: Handle,
}

fn main() {}
