use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    approved: bool,
    remark: Option<String>,
}

#[derive(Flow)]
#[flow(process = Order)]
struct MyFlow {
    #[next(decide)]
    start: Start,
    #[cond(|a| a.process.aproved)]
    #[then(end)]
    #[otherwise(end)]
    decide: If,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[cond(|a| a.process.aproved)]
// +    #[cond(|a| a.process.approved)]
