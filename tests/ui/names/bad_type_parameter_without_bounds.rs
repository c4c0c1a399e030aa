use viewflow::prelude::*;

#[derive(Flow)]
struct NoteFlow<M> {
    mailer: M,
    #[next(write)]
    start: StartHandle,
    #[next(end)]
    write: View,
    end: End,
}

fn main() {}

// Mended:
// -struct NoteFlow<M> {
// +struct NoteFlow<M: Send + Sync + 'static> {
