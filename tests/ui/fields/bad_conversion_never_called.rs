use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    #[field(from = |cents: u32| f64::from(cents) / 100.0)]
    price: f64,
}

fn main() {}

// Mended:
// -    #[field(from = |cents: u32| f64::from(cents) / 100.0)]
// -    price: f64,
// +    #[was("price")]
// +    #[field(from = |cents: u32| f64::from(cents) / 100.0)]
// +    euros: f64,
