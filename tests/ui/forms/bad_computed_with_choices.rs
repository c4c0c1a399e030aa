use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    pub pieces: u32,
    #[field(computed = |form| form.pieces, choices = [1, 2])]
    pub sum: u32,
}

fn main() {}

// Mended:
// -    #[field(computed = |form| form.pieces, choices = [1, 2])]
// +    #[field(computed = |form| form.pieces, max = 2)]
