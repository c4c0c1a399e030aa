use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
struct Pay {
    #[field(max_length = 3)]
    amount: u32,
}

fn main() {}

// Mended:
// -    #[field(max_length = 3)]
// +    #[field(max = 999)]
