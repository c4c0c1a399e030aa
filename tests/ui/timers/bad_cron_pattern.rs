use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[cron("61 8 * * *")]
    #[next(end)]
    start: StartTimer,
    end: End,
}

fn main() {}

// Mended:
// -    #[cron("61 8 * * *")]
// +    #[cron("0 8 * * *")]
