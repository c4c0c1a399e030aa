use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[cron("0 8 * * 1-5", zone = "Europe/Berlin")]
    #[next(end)]
    start: StartTimer,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[cron("0 8 * * 1-5", zone = "Europe/Berlin")]
// +    #[cron("0 8 * * 1-5", tz = "Europe/Berlin")]
