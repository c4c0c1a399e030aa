use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: StartHandle,
    #[call(Self::send)]
    #[retry(attempts = 3)]
    #[next(end)]
    send: Function,
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
// -    #[retry(attempts = 3)]
