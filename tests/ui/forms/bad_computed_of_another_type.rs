use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    pub pieces: u32,
    #[field(computed = |form| form.pieces)]
    pub sum: u64,
}

fn main() {}

// Mended:
// -    #[field(computed = |form| form.pieces)]
// +    #[field(computed = |form| u64::from(form.pieces))]
