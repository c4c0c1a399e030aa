use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    #[field(widget = currency)]
    pub sum: u32,
    #[field(widget = currency("euros"))]
    pub other: u32,
}

fn main() {}

// Mended:
// -    #[field(widget = currency)]
// +    #[field(widget = currency("EUR"))]
// -    #[field(widget = currency("euros"))]
// +    #[field(widget = currency("EUR"))]
