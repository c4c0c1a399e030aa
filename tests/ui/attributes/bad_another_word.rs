use viewflow::prelude::*;

#[derive(Flow)]
struct NoteFlow {
    #[next(wait)]
    start: StartHandle,
    #[after("3d")]
    #[next(end)]
    wait: Timer,
    end: End,
}

fn main() {}

// Mended:
// -    #[after("3d")]
// +    #[delay("3d")]
