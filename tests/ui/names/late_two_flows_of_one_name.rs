use viewflow::prelude::*;

#[derive(Flow)]
struct OrderFlow {
    #[next(end)]
    start: Start,
    end: End,
}

#[derive(Flow)]
#[flow(name = "order")]
struct PurchaseFlow {
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {
    let builder = Engine::builder(viewflow::MemoryStore::new());
    let _ = builder.flow(OrderFlow::new()).flow(PurchaseFlow::new()).build();
}

// Mended:
// -#[flow(name = "order")]
// +#[flow(name = "purchase")]
