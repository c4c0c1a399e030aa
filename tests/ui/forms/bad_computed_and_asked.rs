use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    pub pieces: u32,
    #[field(computed = |form| Some(form.pieces), only_if = |form| form.pieces > 1)]
    pub sum: Option<u32>,
}

fn main() {}

// Mended:
// -    #[field(computed = |form| Some(form.pieces), only_if = |form| form.pieces > 1)]
// +    #[field(computed = |form| (form.pieces > 1).then_some(form.pieces))]
