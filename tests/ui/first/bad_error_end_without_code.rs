use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(failed)]
    start: StartHandle,
    failed: ErrorEnd,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    failed: ErrorEnd,
// +    #[code("refused")]
// +    failed: ErrorEnd,
