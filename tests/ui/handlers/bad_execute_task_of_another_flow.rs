use viewflow::engine::AssignedTask;
use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[next(end)]
    review: View,
    end: End,
}

#[derive(Flow)]
struct OtherFlow {
    #[next(review)]
    start: Start,
    #[next(end)]
    review: View,
    end: End,
}

fn sign_off(task: AssignedTask<MyFlow, (), ()>, ann: &UserId) -> Result<()> {
    task.execute(ann, ())
}

fn review(engine: &Engine, ann: &UserId, process: ProcessId) -> Result<()> {
    let task = engine.open_task(OtherFlow::review, process)?.assign(ann)?;
    sign_off(task, ann)
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new()).flow(OtherFlow::new());
}

// Mended:
// -    let task = engine.open_task(OtherFlow::review, process)?.assign(ann)?;
// +    let task = engine.open_task(MyFlow::review, process)?.assign(ann)?;
