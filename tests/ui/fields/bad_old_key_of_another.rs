use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    b: String,
    #[field(was = "b")]
    a: String,
}

fn main() {}

// Mended:
// -    #[field(was = "b")]
// +    #[field(was = "c")]
