use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(end)]
    start: StartTimer,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(end)]
// +    #[every("1h")]
// +    #[next(end)]
