use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(review)]
    start: StartHandle,
    #[on_timeout(after = "3d")]
    #[next(end)]
    review: View,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[on_timeout(after = "3d")]
// +    #[on_timeout(after = "3d", then = end)]
