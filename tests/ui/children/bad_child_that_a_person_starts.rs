use viewflow::prelude::*;

#[derive(Flow)]
struct PartFlow {
    #[next(end)]
    start: Start,
    #[next(end)]
    run: StartHandle,
    end: End,
}

#[derive(Flow)]
struct WholeFlow {
    #[next(part)]
    start: StartHandle,
    #[child(PartFlow::start)]
    #[next(end)]
    part: Subprocess,
    end: End,
}

fn main() {}

// Mended:
// -    #[child(PartFlow::start)]
// +    #[child(PartFlow::run)]
