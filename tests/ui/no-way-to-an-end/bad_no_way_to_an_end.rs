use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(decide)]
    start: Start,
    #[cond(|_| true)]
    #[then(end)]
    #[otherwise(ask)]
    decide: If,
    #[next(answer)]
    ask: View,
    #[next(ask)]
    answer: View,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(ask)]
// +    #[next(end)]
