use std::collections::BTreeSet;

use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    seats: BTreeSet<u32>,
    row: char,
    gate: Option<char>,
}

fn main() {}

// Mended:
// -use std::collections::BTreeSet;
// -
// -use viewflow::prelude::*;
// +use viewflow::prelude::*;
// -    seats: BTreeSet<u32>,
// -    row: char,
// -    gate: Option<char>,
// +    seats: Vec<u32>,
// +    row: String,
// +    gate: Option<String>,
