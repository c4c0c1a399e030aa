use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(fork)]
    start: Start,
    #[branch(pack)]
    #[branch(pay)]
    fork: Split,
    #[next(gather)]
    pack: View,
    #[cond(|_| true)]
    #[then(gather)]
    #[otherwise(end)]
    pay: If,
    #[next(end)]
    gather: Join,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[otherwise(end)]
// +    #[otherwise(unpaid)]
// -    end: End,
// +    unpaid: End,
// +    end: End,
