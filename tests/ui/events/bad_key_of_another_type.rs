use viewflow::prelude::*;

#[derive(Message, Clone, Debug)]
#[message(key = invoice)]
pub struct Paid {
    pub invoice: u32,
}

#[derive(Flow)]
struct MyFlow {
    #[next(wait)]
    start: StartHandle,
    #[message(Paid, key = |_| "seven".to_owned())]
    #[next(end)]
    wait: MessageCatch,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[message(Paid, key = |_| "seven".to_owned())]
// +    #[message(Paid, key = |_| 7)]
