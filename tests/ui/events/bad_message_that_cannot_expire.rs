use viewflow::prelude::*;

#[derive(Message, Clone, Debug)]
#[message(latch = drop, expires = "1d")]
pub struct Gong {}

fn main() {}

// Mended:
// -#[message(latch = drop, expires = "1d")]
// +#[message(latch = drop)]
