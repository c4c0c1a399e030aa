use viewflow::prelude::*;

#[derive(Message, Clone, Debug)]
#[message(key = invoice)]
struct Paid {
    invoice: u32,
}

#[derive(Flow)]
struct MyFlow {
    #[next(paid)]
    start: Start,
    #[message(Paid)]
    #[next(end)]
    paid: MessageCatch,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[message(Paid)]
// +    #[message(Paid, key = |_| 7_u32)]
