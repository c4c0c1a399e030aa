use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
enum Verdict {
    Approve,
    Reject { reason: String },
}

#[derive(Task, Clone, Debug)]
struct Refusal {
    reason: String,
}

#[derive(Flow)]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[form(Verdict)]
    #[case(Approve => end)]
    #[case(Reject => inform, task_data = |_, v| v.reason.clone())]
    review: View,
    #[next(end)]
    inform: View<Refusal>,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[case(Reject => inform, task_data = |_, v| v.reason.clone())]
// +    #[case(Reject => inform, task_data = |_, v| Refusal { reason: v.reason.clone() })]
