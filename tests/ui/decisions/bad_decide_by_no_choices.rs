use viewflow::prelude::*;

#[derive(Choices, Clone, Copy, Debug, PartialEq)]
enum Urgency {
    Now,
    Later,
}

#[derive(Process, Clone, Debug)]
struct Request {
    #[field(default = Urgency::Now)]
    urgency: Urgency,
    remark: Option<String>,
}

#[derive(Flow)]
#[flow(process = Request)]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[fields(urgency, remark)]
    #[decide(remark)]
    #[case(Now => end)]
    #[case(Later => end)]
    review: View,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[decide(remark)]
// +    #[decide(urgency)]
