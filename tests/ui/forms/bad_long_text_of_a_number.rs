use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    #[field(widget = long_text)]
    pub value: u32,
}

fn main() {}

// Mended:
// -    pub value: u32,
// +    pub value: String,
