use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(failed)]
    start: StartHandle,
    failed: ErrorEnd,
}

fn main() {}

// Mended:
// -    failed: ErrorEnd,
// +    #[code("refused")]
// +    failed: ErrorEnd,
