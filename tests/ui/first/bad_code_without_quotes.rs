use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(failed)]
    start: StartHandle,
    #[code(refused)]
    failed: ErrorEnd,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[code(refused)]
// +    #[code("refused")]
