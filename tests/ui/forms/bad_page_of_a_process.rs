use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
pub struct Pay {
    #[page("Papers")]
    pub passport: String,
}

fn main() {}

// Mended:
// -    #[page("Papers")]
