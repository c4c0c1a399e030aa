use viewflow::prelude::*;

#[viewflow::flow(process = ())]
fn order_flow() -> Engine {
    Engine::builder(MemoryStore::new()).build().unwrap()
}

fn main() {
    let _ = order_flow();
}

// Mended:
// -#[viewflow::flow(process = ())]
