use viewflow::prelude::*;

#[viewflow::process]
struct Order {
    #[field(max = 9)]
    number: u32
    text: String,
}

#[viewflow::flow(process = Order)]
struct OrderFlow {
    #[fields(number, text)]
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {
    let _ = (OrderFlow::new(), StartFields { number: 1, text: String::new() });
}

// Mended:
// -    number: u32
// +    number: u32,
