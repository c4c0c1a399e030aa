use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[cron("61 8 * * *")]
    #[next(end)]
    start: StartTimer,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[cron("61 8 * * *")]
// +    #[cron("0 8 * * *")]
