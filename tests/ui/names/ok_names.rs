use viewflow::prelude::*;

#[derive(Flow)]
struct OrderFlow {
    #[next(end)]
    start: Start,
    end: End,
}

#[derive(Flow)]
struct PurchaseFlow {
    #[node(name = "begin", title = "Begin")]
    #[next(r#type)]
    start: Start,
    #[next(end)]
    r#type: View,
    end: End,
}

fn main() {
    let builder = Engine::builder(viewflow::MemoryStore::new());
    builder.flow(OrderFlow::new()).flow(PurchaseFlow::new()).build().unwrap();
}
