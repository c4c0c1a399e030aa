use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[fields(approved)]
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -#[derive(Flow)]
// +#[derive(Process, Clone, Debug)]
// +struct Order {
// +    approved: bool,
// +}
// +
// +#[derive(Flow)]
// +#[flow(process = Order)]
