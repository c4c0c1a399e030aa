use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
struct Pay {
    #[field(min = 1, min = 2)]
    amount: u32,
}

fn main() {}

// Mended:
// -    #[field(min = 1, min = 2)]
// +    #[field(min = 1)]
