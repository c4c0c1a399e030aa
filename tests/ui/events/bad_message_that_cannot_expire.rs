use viewflow::prelude::*;

#[derive(Message, Clone, Debug)]
#[message(latch = drop, expires = "1d")]
pub struct Gong {}

fn main() {}
