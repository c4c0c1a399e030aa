use viewflow::prelude::*;

#[derive(Choices, Clone, Copy, Debug)]
enum Urgency {
    Low,
    Medium,
    High,
}

#[derive(Process, Clone, Debug)]
#[process(seed = String)]
struct Claim {
    amount: Option<u64>,
    more: u8,
    #[was("remark")]
    comment: String,
    #[field(default = Urgency::Low)]
    urgency: Urgency,
}

#[derive(Task, Clone, Debug)]
struct Review {
    #[field(default = 0)]
    mark: u16,
}

#[derive(Flow)]
#[was("claim")]
#[flow(process = Claim, lock = "ui/lock/claim.lock")]
struct InsuranceFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(review)]
    #[branch(send)]
    fork: Split,
    #[next(gather)]
    review: View<Review>,
    #[call(Self::send)]
    #[next(paid)]
    send: Function,
    #[was("pay")]
    #[next(gather)]
    paid: View,
    #[next(end)]
    gather: Join,
    end: End,
}

impl InsuranceFlow {
    fn send(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }
}

fn main() {}
