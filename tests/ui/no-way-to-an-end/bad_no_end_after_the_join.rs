use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(fork)]
    start: Start,
    #[branch(pack)]
    #[branch(tell)]
    fork: Split,
    #[next(gather)]
    pack: View,
    #[next(fork)]
    gather: Join,
    tell: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(fork)]
// -    gather: Join,
// -    tell: End,
// +    #[next(end)]
// +    gather: Join,
// +    tell: End,
// +    end: End,
