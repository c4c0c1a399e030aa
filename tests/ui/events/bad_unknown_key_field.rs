use viewflow::prelude::*;

#[derive(Message, Clone, Debug)]
#[message(key = invoce)]
struct Paid {
    invoice: u32,
}

fn main() {}

// Mended:
// -#[message(key = invoce)]
// +#[message(key = invoice)]
