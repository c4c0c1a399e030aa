use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(wait)]
    start: StartHandle,

    #[next(end)]
    wait: MessageThrow,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -#[derive(Flow)]
// +#[derive(Message, Clone, Debug)]
// +#[message(key = invoice)]
// +struct Paid {
// +    invoice: u32,
// +}
// +
// +#[derive(Flow)]
// -    #[next(end)]
// +    #[message(|_| Paid { invoice: 7 })]
// +    #[next(end)]
