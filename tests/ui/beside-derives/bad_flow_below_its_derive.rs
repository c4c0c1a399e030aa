use viewflow::prelude::*;

#[viewflow::process]
pub struct Order {
    pub number: u32,
}

#[derive(Flow)]
#[viewflow::flow(process = Order)]
pub struct OrderFlow {
    #[fields(number)]
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(OrderFlow::new());
}

// Mended:
// -#[derive(Flow)]
