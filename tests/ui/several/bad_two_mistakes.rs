use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(reveiw)]
    start: Start,
    #[cond(|_| true)]
    #[next(end)]
    review: View,
    #[then(end)]
    #[otherwise(end)]
    decide: If,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(reveiw)]
// +    #[next(review)]
// -    #[cond(|_| true)]
// -    #[next(end)]
// -    review: View,
// +    #[next(decide)]
// +    review: View,
// +    #[cond(|_| true)]
