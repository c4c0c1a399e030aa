use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
struct Pay {
    #[field(min = "one")]
    amount: u32,
}

fn main() {}

// Mended:
// -    #[field(min = "one")]
// +    #[field(min = 1)]
