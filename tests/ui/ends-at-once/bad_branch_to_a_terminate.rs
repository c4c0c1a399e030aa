use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(fork)]
    start: Start,
    #[branch(pack)]
    #[branch(cancel)]
    fork: Split,
    #[next(end)]
    pack: View,
    cancel: Terminate,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[branch(cancel)]
// +    #[branch(give_up)]
// -    cancel: Terminate,
// +    #[next(cancel)]
// +    give_up: View,
// +    cancel: Terminate,
