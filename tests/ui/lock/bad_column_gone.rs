use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Claim {
    amount: u32,
    #[field(column)]
    minutes: u32,
}

#[derive(Flow)]
#[flow(process = Claim, lock = "ui/lock/column.lock")]
struct ClaimFlow {
    #[next(end)]
    start: StartHandle,
    end: End,
}

fn main() {}

// Mended:
// -    amount: u32,
// +    #[field(column)]
// +    amount: u32,
