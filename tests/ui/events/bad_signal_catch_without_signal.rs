use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(wait)]
    start: StartHandle,

    #[next(end)]
    wait: SignalCatch,
    end: End,
}

fn main() {}

// Mended:
// -    #[next(end)]
// +    #[signal("shop_opened")]
// +    #[next(end)]
