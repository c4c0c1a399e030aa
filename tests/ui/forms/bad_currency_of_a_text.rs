use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    #[field(widget = currency("EUR"))]
    pub value: String,
}

fn main() {}

// Mended:
// -    pub value: String,
// +    pub value: u32,
