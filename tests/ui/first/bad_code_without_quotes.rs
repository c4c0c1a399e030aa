use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(failed)]
    start: StartHandle,
    #[code(refused)]
    failed: ErrorEnd,
}

fn main() {}

// Mended:
// -    #[code(refused)]
// +    #[code("refused")]
