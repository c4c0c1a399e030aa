use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(compute)]
    start: Start,
    #[call(Self::compute)]
    #[next(end)]
    compute: Function,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -fn main() {
// -    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
// -}
// +impl MyFlow {
// +    fn compute(&self, _: &mut Activation<Self, ()>) -> Result<()> {
// +        Ok(())
// +    }
// +}
// +
// +fn main() {
// +    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
// +}
