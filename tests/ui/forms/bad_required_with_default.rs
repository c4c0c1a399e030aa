use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    pub pieces: u32,
    #[field(only_if = |form| form.pieces > 3, required, default = 1)]
    pub way: u8,
}

fn main() {}

// Mended:
// -    #[field(only_if = |form| form.pieces > 3, required, default = 1)]
// +    #[field(only_if = |form| form.pieces > 3, default = 1)]
