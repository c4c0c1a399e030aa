use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[assign(|_| "ann")]
    #[next(end)]
    review: View,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[assign(|_| "ann")]
// +    #[assign(|_| UserId::new("ann"))]
