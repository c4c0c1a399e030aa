use viewflow::prelude::*;

#[derive(Message, Clone, Debug)]
#[message(key = invoice)]
struct Paid {
    invoice: u32,
}

#[derive(Flow)]
struct MyFlow {
    #[next(wait)]
    start: StartHandle,
    #[message(|_| Paid { invoice: 7 })]
    #[next(end)]
    wait: MessageCatch,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[message(|_| Paid { invoice: 7 })]
// +    #[message(Paid, key = |_| 7)]
