use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: StartHandle,
    #[call(Self::send)]
    #[retry(attempts = 0)]
    #[next(end)]
    send: Job,
    end: End,
}

impl MyFlow {
    fn send(&self, _: &JobRun<Self>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[retry(attempts = 0)]
// +    #[retry(attempts = 1)]
