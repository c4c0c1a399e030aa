use viewflow::prelude::*;

#[derive(Debug)]
enum Fault {
    Lost,
}

type Outcome<T> = std::result::Result<T, Fault>;

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
    fn write(&self, _: &mut Activation<Self, ()>) -> Outcome<()> {
        Err(Fault::Lost)
    }
}

fn main() {}

// Mended:
// -    fn write(&self, _: &mut Activation<Self, ()>) -> Outcome<()> {
// -        Err(Fault::Lost)
// +    fn write(&self, _: &mut Activation<Self, ()>) -> Result<()> {
// +        Err(Error::msg("lost"))
