use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    #[field(widget = carousel)]
    pub why: String,
}

fn main() {}

// Mended:
// -    #[field(widget = carousel)]
