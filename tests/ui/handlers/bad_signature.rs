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

impl MyFlow {
    fn compute(&self, amount: u32) -> Result<()> {
        let _ = amount;
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    fn compute(&self, amount: u32) -> Result<()> {
// -        let _ = amount;
// +    fn compute(&self, _: &mut Activation<Self, ()>) -> Result<()> {
