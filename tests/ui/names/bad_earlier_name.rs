use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
#[was("notes")]
struct Note {
    #[was(text)]
    text: String,
    #[was("count")]
    count: u8,
}

#[derive(Flow)]
#[flow(process = Note)]
struct NoteFlow {
    #[was]
    #[next(end)]
    start: StartHandle,
    #[was("")]
    end: End,
}

fn main() {}

// Mended:
// -#[was("notes")]
// -struct Note {
// +struct Note {
// -    #[was(text)]
// +    #[was("words")]
// -    #[was("count")]
// +    #[was("number")]
// -    #[was]
// +    #[was("begin")]
// -    #[was("")]
// +    #[was("stop")]
