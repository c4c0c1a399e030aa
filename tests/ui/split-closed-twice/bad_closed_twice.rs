use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(fork)]
    start: Start,
    #[branch(pack)]
    #[branch(pay)]
    fork: Split,
    #[next(packed)]
    pack: View,
    #[next(paid)]
    pay: View,
    #[next(end)]
    packed: Join,
    #[next(end)]
    paid: Join,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(paid)]
// +    #[next(packed)]
// -    packed: Join,
// -    #[next(end)]
// -    paid: Join,
// +    packed: Join,
