use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    #[page(Papers)]
    pub passport: String,
}

fn main() {}

// Mended:
// -    #[page(Papers)]
// +    #[page("Papers")]
