use viewflow::prelude::*;

#[derive(Flow)]
struct LetterFlow {
    #[input(u32)]
    #[call(Self::number)]
    #[next(done)]
    begin: StartHandle,
    done: End,
}

impl LetterFlow {
    fn number(&self, _: &mut Activation<Self, ()>, _: u32) -> Result<()> {
        Ok(())
    }
}

#[derive(Flow)]
struct MyFlow {
    #[next(run)]
    start: StartHandle,
    #[child(LetterFlow::begin)]
    #[next(end)]
    run: Subprocess,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[input(u32)]
// -    #[call(Self::number)]
// +    #[call(Self::number)]
// -    fn number(&self, _: &mut Activation<Self, ()>, _: u32) -> Result<()> {
// +    fn number(&self, _: &mut Activation<Self, ()>) -> Result<()> {
