use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: Start,
    #[call(Self::send)]
    #[timeout(1m)]
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
// -    #[timeout(1m)]
// +    #[timeout("1m")]
