use viewflow::prelude::*;

#[derive(Message, Clone, Debug)]
#[message(key = invoice, latch = foo)]
struct Paid {
    invoice: u32,
}

fn main() {}

// Mended:
// -#[message(key = invoice, latch = foo)]
// +#[message(key = invoice, latch = keep)]
