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
    #[next(gather)]
    pay: View,
    #[next(check)]
    gather: Join,
    #[cond(|_| true)]
    #[then(end)]
    #[otherwise(pay)]
    check: If,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[otherwise(pay)]
// -    check: If,
// +    #[otherwise(pay_again)]
// +    check: If,
// +    #[next(check)]
// +    pay_again: View,
