use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    #[field(widget = radio("x"))]
    pub yes: bool,
}

fn main() {}

// Mended:
// -    #[field(widget = radio("x"))]
// +    #[field(widget = radio)]
