use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Offer {
    days: u32,
}

#[derive(Flow)]
#[flow(process = Offer)]
struct MyFlow {
    #[next(wait)]
    start: StartHandle,
    #[delay(|a| a.process.days)]
    #[next(end)]
    wait: Timer,
    end: End,
}

fn main() {}
