use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(decide)]
    start: Start,
    #[cond(|_| true)]
    #[then(end)]
    #[otherwise(end)]
    decide: If,
    end: End,
}

fn open(engine: &Engine, id: viewflow::TaskId) {
    let _ = engine.task(MyFlow::decide, id);
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(decide)]
// -    start: Start,
// +    #[next(review)]
// +    start: Start,
// +    #[next(decide)]
// +    review: View,
// -    let _ = engine.task(MyFlow::decide, id);
// +    let _ = engine.task(MyFlow::review, id);
