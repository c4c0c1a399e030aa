use viewflow::prelude::*;

struct Order;

#[derive(Flow)]
#[flow(process = Order)]
struct MyFlow {
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -struct Order;
// +#[derive(Process, Clone, Debug)]
// +struct Order;
