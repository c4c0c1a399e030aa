use viewflow::prelude::*;

#[derive(Flow)]
struct NoteFlow {
    #[next(write)]
    start: StartHandle,
    #[next(end)]
    #[on_timeout(after = "3d", then = late)]
    write: View,
    end: EndEvent,
    late: (),
}

struct EndEvent;

fn main() {}

// Mended:
// -    end: EndEvent,
// -    late: (),
// +    end: End,
// +    late: End,
