use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    triple: [u32; 3],
    pair: Option<(u32, String)>,
    large: u128,
    wait: std::time::Duration,
}

fn main() {}

// Mended:
// -    triple: [u32; 3],
// -    pair: Option<(u32, String)>,
// -    large: u128,
// -    wait: std::time::Duration,
// +    triple: Vec<u32>,
// +    large: Option<u64>,
