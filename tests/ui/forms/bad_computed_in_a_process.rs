use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
pub struct Pay {
    pub pieces: u32,
    #[field(computed = |form| form.pieces)]
    pub sum: u32,
}

fn main() {}

// Mended:
// -    #[field(computed = |form| form.pieces)]
