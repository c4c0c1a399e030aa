use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
#[viewflow::process(seed = String)]
pub struct Order {
    #[field(default = 3)]
    pub number: u32,
}

fn main() {
    println!("{:?}", Order::default().clone());
}

// Mended:
// -#[derive(Process, Clone, Debug)]
