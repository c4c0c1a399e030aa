use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(decide)]
    start: Start,
    #[then(end)]
    #[otherwise(end)]
    decide: If,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[then(end)]
// +    #[cond(|_| true)]
// +    #[then(end)]
