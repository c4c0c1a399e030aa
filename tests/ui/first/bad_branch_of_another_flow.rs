use viewflow::prelude::*;

#[derive(Flow)]
struct OtherFlow {
    #[next(work)]
    start: StartHandle,
    #[next(end)]
    work: View,
    end: End,
}

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
    #[until(|a| a.branch(OtherFlow::work)?.is_empty())]
    #[next(end)]
    gather: Join,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[until(|a| a.branch(OtherFlow::work)?.is_empty())]
// +    #[until(|a| a.branch(Self::a)?.is_empty())]
