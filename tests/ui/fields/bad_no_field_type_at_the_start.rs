use std::collections::BTreeSet;

use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    seats: BTreeSet<u32>,
    row: char,
    gate: Option<char>,
}

fn main() {}
