use viewflow::prelude::*;

#[derive(Message, Clone, Debug)]
#[message(key = invoice, expires = "soon")]
pub struct Paid {
    pub invoice: u32,
}

fn main() {}

// Mended:
// -#[message(key = invoice, expires = "soon")]
// +#[message(key = invoice, expires = "3d")]
