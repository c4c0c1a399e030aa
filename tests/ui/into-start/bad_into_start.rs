use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[cond(|_| true)]
    #[then(start)]
    #[otherwise(end)]
    again: If,
    #[next(again)]
    review: View,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[then(start)]
// +    #[then(review)]
