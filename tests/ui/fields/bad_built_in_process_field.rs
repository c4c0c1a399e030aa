use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    status: String,
    approved: bool,
}

fn main() {}

// Mended:
// -    status: String,
// +    #[field(key = "status")]
// +    state: String,
