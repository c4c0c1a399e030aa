use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(tell)]
    start: StartHandle,
    #[next(end)]
    tell: EscalationThrow,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(end)]
// +    #[code("late")]
// +    #[next(end)]
