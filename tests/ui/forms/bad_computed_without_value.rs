use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    pub pieces: u32,
    #[field(computed)]
    pub sum: u32,
}

fn main() {}

// Mended:
// -    #[field(computed)]
// +    #[field(computed = |form| form.pieces)]
