use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: StartHandle,
    #[call(Self::send)]
    #[on_error(code = "refused", then = ask)]
    #[on_error(code = "refused", then = end)]
    #[next(end)]
    send: Job,
    #[next(end)]
    ask: View,
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
// -    #[on_error(code = "refused", then = end)]
