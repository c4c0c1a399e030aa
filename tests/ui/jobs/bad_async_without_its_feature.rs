use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: StartHandle,
    #[call(async Self::post)]
    #[next(end)]
    send: Job,
    end: End,
}

impl MyFlow {
    async fn post(&self, _: &JobRun<Self>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[call(async Self::post)]
// +    #[call(Self::post)]
// -    async fn post(&self, _: &JobRun<Self>) -> Result<()> {
// +    fn post(&self, _: &JobRun<Self>) -> Result<()> {
