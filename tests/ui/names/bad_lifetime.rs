use viewflow::prelude::*;

#[derive(Flow)]
struct NoteFlow<'a> {
    text: &'a str,
    #[next(write)]
    start: StartHandle,
    #[next(end)]
    write: View,
    end: End,
}

fn main() {}

// Mended:
// -struct NoteFlow<'a> {
// -    text: &'a str,
// +struct NoteFlow {
// +    text: String,
