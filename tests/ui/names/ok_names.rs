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
    #[next(new)]
    r#type: View,
    #[next(end)]
    new: View,
    end: End,
}

fn main() {
    let _: &str = viewflow::nodes::Node::name(PurchaseFlow::new_node);
    let builder = Engine::builder(viewflow::MemoryStore::new());
    builder.flow(OrderFlow::new()).flow(PurchaseFlow::new()).build().unwrap();
}
