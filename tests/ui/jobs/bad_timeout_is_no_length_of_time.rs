use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: StartHandle,
    #[call(Self::send)]
    #[timeout("3 dayz")]
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
// -    #[timeout("3 dayz")]
// +    #[timeout("3d")]
