use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[every("0s")]
    #[next(end)]
    start: StartTimer,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[every("0s")]
// +    #[every("1h")]
