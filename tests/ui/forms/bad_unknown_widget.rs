use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    #[field(widget = longtext)]
    pub why: String,
}

fn main() {}

// Mended:
// -    #[field(widget = longtext)]
// +    #[field(widget = long_text)]
