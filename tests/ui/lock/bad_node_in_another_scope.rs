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
    #[branch(ask)]
    fork: Split,
    #[next(gather)]
    review: View<Review>,
    #[next(gather)]
    ask: View,
    #[next(pay)]
    gather: Join,
    #[next(end)]
    pay: View,
    end: End,
}

fn main() {}

// Mended:
// -    #[next(pay)]
// -    gather: Join,
// -    #[next(end)]
// -    pay: View,
// +    #[next(pay_all)]
// +    gather: Join,
// +    #[next(end)]
// +    pay_all: View,
// -    #[next(gather)]
// -    ask: View,
// +    #[next(pay)]
// +    ask: View,
// +    #[next(gather)]
// +    pay: View,
