use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
enum Verdict {
    Approve,
    #[field(max_length = 9)]
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
// -    #[field(max_length = 9)]
// -    Reject { reason: String },
// +    Reject {
// +        #[field(max_length = 9)]
// +        reason: String,
// +    },
