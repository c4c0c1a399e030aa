use viewflow::prelude::*;

#[derive(Flow)]
#[next(end)]
struct MyFlow {
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {}

// Mended:
// -#[next(end)]
// -struct MyFlow {
// +struct MyFlow {
