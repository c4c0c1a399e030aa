use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(fork)]
    start: Start,
    #[branch(pack, cond = |_| true)]
    #[branch(pay, cond = |_| false)]
    fork: Split,
    #[next(gather)]
    pack: View,
    #[next(gather)]
    pay: View,
    #[next(end)]
    gather: Join,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[branch(pay, cond = |_| false)]
// +    #[branch(pay)]
