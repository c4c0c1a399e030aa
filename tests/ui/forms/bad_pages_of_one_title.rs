use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
pub struct Pay {
    #[page("Papers")]
    pub passport: String,
    #[page("Papers")]
    pub photo: String,
}

fn main() {}

// Mended:
// -    #[page("Papers")]
// -    pub photo: String,
// +    pub photo: String,
