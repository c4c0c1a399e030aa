use viewflow::prelude::*;

#[derive(Flow)]
struct NoteFlow {
    #[next(write)]
    start: StartHandle,
    #[call(Self::write)]
    #[next(end)]
    write: Function,
    end: End,
}

impl NoteFlow {
    fn write(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.id = ProcessId(7);
        Ok(())
    }
}

fn main() {}

// Mended:
// -        a.process.id = ProcessId(7);
// +        let _: (ProcessId, u64) = (*a.process.id, a.process.id.0);
