use viewflow::prelude::*;

#[derive(Clone, Debug)]
#[viewflow::process]
pub struct Order {
    pub number: u32,
}

fn main() {
    println!("{:?}", Order::initial().clone());
}

// Mended:
// -#[derive(Clone, Debug)]
// -#[viewflow::process]
// +#[viewflow::process]
// +#[derive(Clone, Debug)]
