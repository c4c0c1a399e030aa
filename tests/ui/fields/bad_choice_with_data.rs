use viewflow::prelude::*;

#[derive(Choices, Clone, Debug)]
enum Carrier {
    Post,
    Courier(String),
}

fn main() {}

// Mended:
// -    Courier(String),
// +    Courier,
