use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(first)]
    #[next(second)]
    start: Start,
    #[next(end)]
    first: View,
    #[next(end)]
    second: View,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(first)]
// -    #[next(second)]
// -    start: Start,
// +    #[next(fork)]
// +    start: Start,
// +    #[branch(first)]
// +    #[branch(second)]
// +    fork: Split,
