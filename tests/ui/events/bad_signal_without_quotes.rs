use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(wait)]
    start: StartHandle,
    #[signal(shop_opened)]
    #[next(end)]
    wait: SignalThrow,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[signal(shop_opened)]
// +    #[signal("shop_opened")]
