use viewflow::prelude::*;

#[derive(Flow)]
#[was("note", "notes")]
struct NoteFlow {
    #[next(write)]
    start: StartHandle,
    #[was("start", "draft")]
    #[next(end)]
    write: View,
    #[was("draft", "end")]
    end: End,
}

fn main() {}

// Mended:
// -#[was("note", "notes")]
// +#[was("notes")]
// -    #[was("start", "draft")]
// +    #[was("draft")]
// -    #[was("draft", "end")]
// +    #[was("stop")]
