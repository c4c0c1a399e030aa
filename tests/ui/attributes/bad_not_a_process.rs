use viewflow::prelude::*;

struct Order;

#[derive(Flow)]
#[flow(process = Order)]
struct MyFlow {
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {}

// Mended:
// -struct Order;
// +#[derive(Process, Clone, Debug)]
// +struct Order;
