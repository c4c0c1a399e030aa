use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(end)]
    start: StartHandle<Seed<String>>,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    start: StartHandle<Seed<String>>,
// +    start: StartHandle<Seed<Option<String>>>,
