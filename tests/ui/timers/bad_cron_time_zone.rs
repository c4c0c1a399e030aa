use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[cron("0 8 * * *", tz = "Europe/Atlantis")]
    #[next(end)]
    start: StartTimer,
    end: End,
}

fn main() {}

// Mended:
// -    #[cron("0 8 * * *", tz = "Europe/Atlantis")]
// +    #[cron("0 8 * * *", tz = "Europe/Athens")]
