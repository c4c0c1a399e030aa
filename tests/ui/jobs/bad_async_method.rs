use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: Start,
    #[call(Self::send)]
    #[next(end)]
    send: Job,
    end: End,
}

impl MyFlow {
    async fn send(&self, _: &JobRun<Self>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    async fn send(&self, _: &JobRun<Self>) -> Result<()> {
// +    fn send(&self, _: &JobRun<Self>) -> Result<()> {
