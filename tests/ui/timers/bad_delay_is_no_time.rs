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

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[delay(|a| a.process.days)]
// +    #[delay(|a| std::time::Duration::from_secs(86_400) * a.process.days)]
