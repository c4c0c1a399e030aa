use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
struct Pay {
    #[field(max_lenght = 3)]
    text: String,
}

fn main() {}

// Mended:
// -    #[field(max_lenght = 3)]
// +    #[field(max_length = 3)]
