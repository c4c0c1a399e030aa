use viewflow::prelude::*;

#[viewflow::flow]
pub enum OrderFlow {
    Start,
    End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(OrderFlow::Start);
}

// Mended:
// -pub enum OrderFlow {
// -    Start,
// -    End,
// +pub struct OrderFlow {
// +    #[next(end)]
// +    start: Start,
// +    end: End,
// -    let _ = Engine::builder(MemoryStore::new()).flow(OrderFlow::Start);
// +    let _ = Engine::builder(MemoryStore::new()).flow(OrderFlow::new());
