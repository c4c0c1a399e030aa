use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(decide)]
    start: Start,
    #[cond(Self::is_large)]
    #[then(end)]
    #[otherwise(end)]
    decide: If,
    end: End,
}

impl MyFlow {
    fn is_large(&self) -> bool {
        true
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    fn is_large(&self) -> bool {
// -        true
// +    fn is_large(&self, _: &Activation<Self, ()>) -> Result<bool> {
// +        Ok(true)
