use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(gather)]
    start: Start,
    #[next(end)]
    gather: Join,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(gather)]
// -    start: Start,
// -    #[next(end)]
// -    gather: Join,
// +    #[next(end)]
// +    start: Start,
