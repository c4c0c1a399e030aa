use viewflow::prelude::*;

#[derive(Clone, Debug)]
struct Address {
    street: String,
}

#[derive(Form, Clone, Debug)]
struct Deliver {
    to: Address,
}

fn main() {}

// Mended:
// -#[derive(Clone, Debug)]
// +#[derive(Embedded, Clone, Debug)]
