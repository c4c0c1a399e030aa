use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
enum Verdict {}

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
// -enum Verdict {}
// +enum Verdict {
// +    Approve,
// +}
