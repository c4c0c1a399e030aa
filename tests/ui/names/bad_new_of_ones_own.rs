use viewflow::prelude::*;

#[derive(Flow)]
struct NoteFlow {
    text: String,
    #[next(write)]
    start: StartHandle,
    #[next(end)]
    write: View,
    end: End,
}

impl NoteFlow {
    fn new(text: &str) -> Self {
        todo!("{text}")
    }
}

fn main() {}

// Mended:
// -    fn new(text: &str) -> Self {
// +    fn with(text: &str) -> Self {
