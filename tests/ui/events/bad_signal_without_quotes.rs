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

fn main() {}

// Mended:
// -    #[signal(shop_opened)]
// +    #[signal("shop_opened")]
