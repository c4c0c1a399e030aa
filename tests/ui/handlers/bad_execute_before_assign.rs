use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[next(end)]
    review: View,
    end: End,
}

fn review(engine: &Engine, ann: &UserId, process: ProcessId) -> Result<()> {
    engine.open_task(MyFlow::review, process)?.execute(ann, ())
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    engine.open_task(MyFlow::review, process)?.execute(ann, ())
// +    engine.open_task(MyFlow::review, process)?.assign(ann)?.execute(ann, ())
