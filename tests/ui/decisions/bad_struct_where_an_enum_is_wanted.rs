use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
struct Verdict {
    approved: bool,
}

#[derive(Flow)]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[form(Verdict)]
    #[case(Approve => end)]
    review: View,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -struct Verdict {
// -    approved: bool,
// +enum Verdict {
// +    Approve,
