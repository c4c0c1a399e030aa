use viewflow::prelude::*;

#[derive(Flow)]
struct NoteFlow {
    #[next(write)]
    start: StartHandle,
    #[submit(Self::write)]
    #[next(end)]
    write: View,
    end: End,
}

impl NoteFlow {
    fn write(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }
}

fn open(engine: &Engine, ann: &UserId) -> Result<()> {
    engine.queue(ann).of(NoteFlow::write).first().map(drop)
}

fn main() {}

// Mended:
// -    engine.queue(ann).of(NoteFlow::write).first().map(drop)
// +    engine.queue(ann).of(NoteFlow::write_node).first().map(drop)
