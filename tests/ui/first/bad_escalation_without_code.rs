use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(tell)]
    start: StartHandle,
    #[next(end)]
    tell: EscalationThrow,
    end: End,
}

fn main() {}

// Mended:
// -    #[next(end)]
// +    #[code("late")]
// +    #[next(end)]
