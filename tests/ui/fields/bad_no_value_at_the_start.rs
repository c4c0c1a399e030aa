use viewflow::prelude::*;

#[derive(Choices, Clone, Debug)]
enum Carrier {
    Post,
    Courier,
}

#[derive(Process, Clone, Debug)]
struct Order {
    carrier: Carrier,
}

fn main() {}

// Mended:
// -    carrier: Carrier,
// +    carrier: Option<Carrier>,
