use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[fields(approved)]
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {}

// Mended:
// -#[derive(Flow)]
// +#[derive(Process, Clone, Debug)]
// +struct Order {
// +    approved: bool,
// +}
// +
// +#[derive(Flow)]
// +#[flow(process = Order)]
