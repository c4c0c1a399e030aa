use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(rate)]
    start: StartHandle,
    #[next(send)]
    rate: BusinessRule,
    #[next(end)]
    send: SendHandle,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(send)]
// -    rate: BusinessRule,
// -    #[next(end)]
// +    #[call(Self::work)]
// +    #[next(send)]
// +    rate: BusinessRule,
// +    #[call(Self::work)]
// +    #[next(end)]
// -fn main() {
// -    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
// -}
// +impl MyFlow {
// +    fn work(&self, _: &mut Activation<Self, ()>) -> Result<()> {
// +        Ok(())
// +    }
// +}
// +
// +fn main() {
// +    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
// +}
