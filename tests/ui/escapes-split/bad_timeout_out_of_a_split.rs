use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(a)]
    #[branch(b)]
    fork: Split,
    #[on_timeout(after = "3d", then = late)]
    #[next(gather)]
    a: View,
    #[next(gather)]
    b: View,
    #[next(late)]
    gather: Join,
    #[next(end)]
    late: View,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[on_timeout(after = "3d", then = late)]
// +    #[on_timeout(after = "3d", then = gather)]
