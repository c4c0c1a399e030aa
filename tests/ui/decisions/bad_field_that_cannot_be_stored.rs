use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
enum Verdict {
    Approve,
    Reject { reason: u128 },
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
// -    Reject { reason: u128 },
// +    Reject { reason: u64 },
