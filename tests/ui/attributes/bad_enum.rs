use viewflow::prelude::*;

#[derive(Flow)]
enum MyFlow {
    Start,
}

fn main() {}

// Mended:
// -enum MyFlow {
// -    Start,
// +struct MyFlow {
// +    #[next(end)]
// +    start: Start,
// +    end: End,
