use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(fork)]
    start: Start,
    #[branch(pack)]
    #[otherwise(end)]
    fork: Split,
    #[next(end)]
    pack: View,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[otherwise(end)]
