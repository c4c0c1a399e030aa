use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[case(Approve => end)]
    #[case(Reject => end)]
    review: View,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[case(Approve => end)]
// -    #[case(Reject => end)]
// +    #[next(end)]
