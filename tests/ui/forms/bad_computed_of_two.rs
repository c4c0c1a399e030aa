use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    pub pieces: u32,
    #[field(computed = |form, user| form.pieces)]
    pub sum: u32,
}

fn main() {}

// Mended:
// -    #[field(computed = |form, user| form.pieces)]
// +    #[field(computed = |form| form.pieces)]
