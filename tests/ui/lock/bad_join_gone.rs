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
}

#[derive(Flow)]
#[flow(process = Claim, lock = "ui/lock/claim.lock")]
struct ClaimFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(review)]
    #[branch(pay)]
    fork: Split,
    #[next(end)]
    review: View<Review>,
    #[next(end)]
    pay: View,
    end: End,
}

fn main() {}

// Mended:
// -    #[next(end)]
// -    review: View<Review>,
// -    #[next(end)]
// -    pay: View,
// +    #[next(both)]
// +    review: View<Review>,
// +    #[next(both)]
// +    pay: View,
// +    #[was("gather")]
// +    #[next(end)]
// +    both: Join,
