use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
enum Verdict {
    Approve,
    Reject { reason: String },
}

#[derive(Flow)]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[form(Verdict)]
    #[case(Approve => end)]
    #[case(Reject => end)]
    review: View,
    end: End,
}

fn main() -> Result<()> {
    let engine = Engine::builder(MemoryStore::new()).flow(MyFlow::new()).build()?;
    let ann = UserId::new("ann");
    let task = engine.queue(&ann).of(MyFlow::review).first()?;
    engine.task(MyFlow::review, task.id)?.assign(&ann)?.execute(&ann, Verdict::Reject)
}

// Mended:
// -    engine.task(MyFlow::review, task.id)?.assign(&ann)?.execute(&ann, Verdict::Reject)
// +    let verdict = Verdict::Reject { reason: "late".into() };
// +    engine.task(MyFlow::review, task.id)?.assign(&ann)?.execute(&ann, verdict)
