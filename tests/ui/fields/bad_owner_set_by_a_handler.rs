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
    fn write(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.task.owner = None;
        Ok(())
    }
}

fn main() {}

// Mended:
// -        a.task.owner = None;
// +        let _: Option<UserId> = a.task.owner.clone();
