use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    approved: bool,
    remark: Option<String>,
}

#[derive(Flow)]
#[flow(process = Order)]
struct MyFlow {
    #[fields(approved)]
    #[next(step1)]
    step_1: Start,
    #[fields(remark)]
    #[next(end)]
    step1: View,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[fields(remark)]
// +    #[fields(remark, as = RemarkFields)]
