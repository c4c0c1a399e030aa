use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[cron("0 8 * * *")]
    #[every("1h")]
    #[next(end)]
    start: StartTimer,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[every("1h")]
