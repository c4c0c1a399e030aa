use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    pub pieces: u32,
    #[field(only_if = |form| form.pieces)]
    pub why: Option<String>,
}

fn main() {}

// Mended:
// -    #[field(only_if = |form| form.pieces)]
// +    #[field(only_if = |form| form.pieces > 3)]
