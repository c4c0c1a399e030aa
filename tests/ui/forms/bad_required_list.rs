use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    pub pieces: u32,
    #[field(only_if = |form| form.pieces > 3, required)]
    pub ways: Vec<u8>,
}

fn main() {}

// Mended:
// -    #[field(only_if = |form| form.pieces > 3, required)]
// +    #[field(only_if = |form| form.pieces > 3)]
