use viewflow::prelude::*;

pub struct Paid {
    pub invoice: u32,
}

#[derive(Flow)]
struct MyFlow {
    #[next(wait)]
    start: StartHandle,
    #[message(Paid, key = |_| 7)]
    #[next(end)]
    wait: MessageCatch,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -pub struct Paid {
// +#[derive(Message, Clone, Debug)]
// +#[message(key = invoice)]
// +pub struct Paid {
