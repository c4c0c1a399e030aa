use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    approved: bool,
}

#[derive(Flow)]
#[flow(process = "Order")]
struct MyFlow {
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -#[flow(process = "Order")]
// +#[flow(process = Order)]
