use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(review)]
    start: StartHandle,
    #[on_timeout(after = "3d", then = expird)]
    #[next(end)]
    review: View,
    expired: End,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[on_timeout(after = "3d", then = expird)]
// +    #[on_timeout(after = "3d", then = expired)]
