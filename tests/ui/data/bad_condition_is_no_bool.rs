use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(decide)]
    start: Start,
    #[cond(|a| a.process.id)]
    #[then(end)]
    #[otherwise(end)]
    decide: If,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[cond(|a| a.process.id)]
// +    #[cond(|a| a.process.id.0 > 1)]
