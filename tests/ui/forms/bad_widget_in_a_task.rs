use viewflow::prelude::*;

#[derive(Task, Clone, Debug)]
pub struct Pay {
    #[field(widget = long_text)]
    pub why: String,
}

fn main() {}

// Mended:
// -    #[field(widget = long_text)]
