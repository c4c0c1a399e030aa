use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
enum Verdict<T> {
    Approve,
    Reject { reason: T },
}

#[derive(Flow)]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[next(end)]
    review: View,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -enum Verdict<T> {
// +enum Verdict {
// -    Reject { reason: T },
// +    Reject { reason: String },
