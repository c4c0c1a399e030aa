use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    approved: bool,
}

#[derive(Flow)]
struct MyFlow {
    #[next(check)]
    start: Start,
    #[cond(|a| a.process.approved)]
    #[then(end)]
    #[otherwise(end)]
    check: If,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -#[derive(Flow)]
// +#[derive(Flow)]
// +#[flow(process = Order)]
