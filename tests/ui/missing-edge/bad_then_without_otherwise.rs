use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(decide)]
    start: Start,
    #[cond(|a| a.task.owner.is_none())]
    #[then(end)]
    decide: If,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[then(end)]
// +    #[then(end)]
// +    #[otherwise(end)]
