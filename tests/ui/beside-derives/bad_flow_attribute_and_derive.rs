use viewflow::prelude::*;

#[viewflow::process]
pub struct Order {
    pub number: u32,
}

#[viewflow::flow(process = Order)]
#[derive(viewflow::Flow, Debug)]
pub struct OrderFlow {
    #[fields(number)]
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {
    println!("{:?}", OrderFlow::new());
}

// Mended:
// -#[derive(viewflow::Flow, Debug)]
// +#[derive(Debug)]
