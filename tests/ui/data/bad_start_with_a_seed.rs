use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(end)]
    start: StartHandle<Seed<String>>,
    end: End,
}

fn main() {}

// Mended:
// -    start: StartHandle<Seed<String>>,
// +    start: StartHandle<Seed<Option<String>>>,
