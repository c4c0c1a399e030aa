use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    #[field(required)]
    pub why: Option<String>,
}

fn main() {}

// Mended:
// -    #[field(required)]
// -    pub why: Option<String>,
// +    pub why: String,
