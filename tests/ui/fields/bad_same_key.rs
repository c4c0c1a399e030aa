use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    #[field(key = "address.street")]
    street: Option<String>,
    address: Option<String>,
}

fn main() {}

// Mended:
// -    #[field(key = "address.street")]
// +    #[field(key = "to.street")]
