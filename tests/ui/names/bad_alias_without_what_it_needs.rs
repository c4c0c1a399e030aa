use viewflow::{nodes::Function as Code, prelude::*};

#[derive(Flow)]
struct NoteFlow {
    #[next(write)]
    start: StartHandle,
    #[node(kind = Function)]
    #[next(end)]
    write: Code,
    end: End,
}

impl NoteFlow {
    fn work(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = NoteFlow::new();
}

// Mended:
// -    #[node(kind = Function)]
// +    #[node(kind = Function)]
// +    #[call(Self::work)]
