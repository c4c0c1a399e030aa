use viewflow::prelude::*;

#[viewflow::flow]
struct OrderFlow {
    #[next(check)]
    start: StartHandle,
    #[cfg(not(any()))]
    #[next(ent)]
    check: View,
    #[cfg(any())]
    #[next(end)]
    check: ManualTask,
    end: End,
}

fn main() {
    let _ = OrderFlow::new();
}

// Mended:
// -    #[next(ent)]
// +    #[next(end)]
