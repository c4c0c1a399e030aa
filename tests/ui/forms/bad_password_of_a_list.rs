use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    #[field(widget = password)]
    pub value: Vec<String>,
}

fn main() {}

// Mended:
// -    pub value: Vec<String>,
// +    pub value: String,
