use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    #[page("Papers")]
    #[page("Money")]
    pub passport: String,
}

fn main() {}

// Mended:
// -    #[page("Money")]
