use viewflow::prelude::*;

#[viewflow::process]
struct Order {
    number: u32,
}

#[viewflow::flow(proces = Order)]
struct OrderFlow {
    #[fields(number)]
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {
    let _ = (OrderFlow::new(), StartFields { number: 1 });
}

// Mended:
// -#[viewflow::flow(proces = Order)]
// +#[viewflow::flow(process = Order)]
