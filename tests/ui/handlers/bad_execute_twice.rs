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
    let task = engine.open_task(MyFlow::review, process)?.assign(ann)?;
    task.execute(ann, ())?;
    task.execute(ann, ())
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    task.execute(ann, ())?;
