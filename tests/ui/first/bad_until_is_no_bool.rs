use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(a)]
    #[branch(b)]
    fork: Split,
    #[next(gather)]
    a: View,
    #[next(gather)]
    b: View,
    #[until(|a| a.arrived()?)]
    #[next(end)]
    gather: Join,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[until(|a| a.arrived()?)]
// +    #[until(|a| a.arrived()? >= 1)]
