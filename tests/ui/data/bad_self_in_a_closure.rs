use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    limit: u32,
    #[next(decide)]
    start: Start,
    #[cond(|a| a.process.id.0 > u64::from(self.limit))]
    #[then(end)]
    #[otherwise(end)]
    decide: If,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new(7));
}

// Mended:
// -    #[cond(|a| a.process.id.0 > u64::from(self.limit))]
// +    #[cond(Self::is_large)]
// -fn main() {
// -    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new(7));
// -}
// +impl MyFlow {
// +    fn is_large(&self, a: &Activation<Self, ()>) -> Result<bool> {
// +        Ok(a.process.id.0 > u64::from(self.limit))
// +    }
// +}
// +
// +fn main() {
// +    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new(7));
// +}
