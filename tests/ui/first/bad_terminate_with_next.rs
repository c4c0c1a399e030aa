use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(stop)]
    start: StartHandle,
    #[next(end)]
    stop: Terminate,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(end)]
// -    stop: Terminate,
// -    end: End,
// +    stop: Terminate,
