use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: StartHandle,
    #[call(Self::send)]
    #[done(Self::sent)]
    #[next(end)]
    send: Job,
    end: End,
}

impl MyFlow {
    fn send(&self, job: &JobRun<Self>) -> Result<u32> {
        Ok(job.attempt)
    }

    fn sent(&self, _: &mut Activation<Self, ()>, _: String) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    fn sent(&self, _: &mut Activation<Self, ()>, _: String) -> Result<()> {
// +    fn sent(&self, _: &mut Activation<Self, ()>, _: u32) -> Result<()> {
