use viewflow::prelude::*;

#[derive(Task, Clone, Debug)]
pub struct Pay {
    pub pieces: u32,
    #[field(only_if = |form| form.pieces > 3)]
    pub why: Option<String>,
}

fn main() {}

// Mended:
// -    #[field(only_if = |form| form.pieces > 3)]
