use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
enum Verdict {
    #[form(title = "Yes")]
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

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[form(title = "Yes")]
// +    #[case(title = "Yes")]
