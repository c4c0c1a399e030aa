use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[cron("0 8 * * 1-5", zone = "Europe/Berlin")]
    #[next(end)]
    start: StartTimer,
    end: End,
}

fn main() {}

// Mended:
// -    #[cron("0 8 * * 1-5", zone = "Europe/Berlin")]
// +    #[cron("0 8 * * 1-5", tz = "Europe/Berlin")]
