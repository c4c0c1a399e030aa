use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    approved: bool,
    remark: Option<String>,
}

#[derive(Flow)]
#[flow(proces = Order)]
struct MyFlow {
    #[next(decide)]
    start: Start,
    #[cond(|a| a.process.approved)]
    #[then(end)]
    #[otherwise(end)]
    decide: If,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -#[flow(proces = Order)]
// +#[flow(process = Order)]
