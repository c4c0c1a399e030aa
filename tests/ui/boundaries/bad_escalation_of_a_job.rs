use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: StartHandle,
    #[call(Self::send)]
    #[on_escalation(then = end)]
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
// -    #[on_escalation(then = end)]
// +    #[on_error(then = end)]
