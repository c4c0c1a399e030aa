use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    pub pieces: u32,
    #[field(computed = pieces * 3)]
    pub sum: u32,
}

fn main() {}

// Mended:
// -    #[field(computed = pieces * 3)]
// +    #[field(computed = |form| form.pieces * 3)]
