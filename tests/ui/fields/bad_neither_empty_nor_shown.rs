use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    approved: bool,
    remark: Option<String>,
}

#[derive(Flow)]
#[flow(process = Order)]
struct MyFlow {
    #[fields(approved = false, remark)]
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[fields(approved = false, remark)]
// +    #[fields(approved = empty, remark)]
