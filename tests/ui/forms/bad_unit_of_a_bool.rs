use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    #[field(widget = unit("kg"))]
    pub value: Option<bool>,
}

fn main() {}

// Mended:
// -    pub value: Option<bool>,
// +    pub value: Option<u32>,
