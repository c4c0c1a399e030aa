use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    #[page("  ")]
    pub passport: String,
    #[page]
    pub amount: u32,
}

fn main() {}

// Mended:
// -    #[page("  ")]
// +    #[page("Papers")]
// -    #[page]
// +    #[page("Money")]
