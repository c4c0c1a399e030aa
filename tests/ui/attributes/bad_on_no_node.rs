use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(end)]
    start: Start,
    #[next(end)]
    review: String,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(end)]
// -    start: Start,
// +    #[next(review)]
// +    start: Start,
// -    review: String,
// +    review: View,
