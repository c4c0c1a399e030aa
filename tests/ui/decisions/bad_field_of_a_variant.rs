use viewflow::prelude::*;

#[derive(Clone, Debug)]
struct Why;

#[derive(Form, Clone, Debug)]
enum Verdict {
    Approve,
    Reject { reason: Why },
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
// -#[derive(Clone, Debug)]
// +#[derive(Embedded, Clone, Debug)]
