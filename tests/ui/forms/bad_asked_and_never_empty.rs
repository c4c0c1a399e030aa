use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    pub pieces: u32,
    #[field(only_if = |form| form.pieces > 3)]
    pub why: String,
}

fn main() {}

// Mended:
// -    pub why: String,
// +    pub why: Option<String>,
