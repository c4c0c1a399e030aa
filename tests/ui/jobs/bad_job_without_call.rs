use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: StartHandle,
    #[next(end)]
    send: Job,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(end)]
// +    #[call(Self::send)]
// +    #[next(end)]
// -fn main() {
// -    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
// -}
// +impl MyFlow {
// +    fn send(&self, _: &JobRun<Self>) -> Result<()> {
// +        Ok(())
// +    }
// +}
// +
// +fn main() {
// +    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
// +}
