use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct InsuranceClaim {
    #[field(column)]
    amount: u32,
}

#[derive(Flow)]
#[flow(process = InsuranceClaim, lock = "ui/lock/column.lock")]
struct ClaimFlow {
    #[next(end)]
    start: StartHandle,
    end: End,
}

fn main() {}

// Mended:
// -struct InsuranceClaim {
// +#[process(table = "claim.columns")]
// +struct InsuranceClaim {
