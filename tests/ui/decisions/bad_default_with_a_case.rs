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
    #[default(inform, task_seed = |_, v| v.reason.clone())]
    review: View,
    #[next(end)]
    inform: View<Seed<String>>,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[default(inform, task_seed = |_, v| v.reason.clone())]
// +    #[case(Reject => inform, task_seed = |_, v| v.reason.clone())]
