use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(race)]
    start: StartHandle,
    #[next(end)]
    race: SplitFirst,
    end: End,
}

fn main() {}
