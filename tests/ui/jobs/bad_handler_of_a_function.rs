use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: StartHandle,
    #[call(Self::send)]
    #[next(end)]
    send: Job,
    end: End,
}

impl MyFlow {
    fn send(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    fn send(&self, _: &mut Activation<Self, ()>) -> Result<()> {
// +    fn send(&self, _: &JobRun<Self>) -> Result<()> {
