use viewflow::prelude::*;

#[derive(Choices, Clone, Copy, Debug)]
enum Urgency {
    Low,
    High,
}

#[derive(Process, Clone, Debug)]
#[process(seed = String)]
struct Claim {
    amount: u32,
    remark: String,
    #[field(default = Urgency::Low)]
    urgency: Urgency,
}

#[derive(Task, Clone, Debug)]
struct Review {
    mark: Option<u8>,
    reader: String,
}

#[derive(Flow)]
#[flow(process = Claim, lock = "ui/lock/claim.lock")]
struct ClaimFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(review, task_data = |_| data())]
    #[branch(pay)]
    fork: Split,
    #[next(gather)]
    review: View<Review>,
    #[next(gather)]
    pay: View,
    #[next(end)]
    gather: Join,
    end: End,
}

fn data() -> Review {
    unimplemented!()
}

fn main() {}

// Mended:
// -    reader: String,
// +    reader: Option<String>,
