use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[cron("0 8 * * *", tz = "Europe/Atlantis")]
    #[next(end)]
    start: StartTimer,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[cron("0 8 * * *", tz = "Europe/Atlantis")]
// +    #[cron("0 8 * * *", tz = "Europe/Athens")]
