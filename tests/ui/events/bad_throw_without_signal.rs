use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(tell)]
    start: StartHandle,
    #[next(end)]
    tell: SignalThrow,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(end)]
// +    #[signal("shop_opened")]
// +    #[next(end)]
