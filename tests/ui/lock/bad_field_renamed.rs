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
    comment: String,
    #[field(default = Urgency::Low)]
    urgency: Urgency,
}

#[derive(Task, Clone, Debug)]
struct Review {
    mark: Option<u8>,
}

#[derive(Flow)]
#[flow(process = Claim, lock = "ui/lock/claim.lock")]
struct ClaimFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(review)]
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

fn main() {}

// Mended:
// -    comment: String,
// +    #[was("remark")]
// +    comment: String,
