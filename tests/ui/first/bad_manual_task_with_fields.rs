use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Offer {
    called: Option<String>,
}

#[derive(Flow)]
#[flow(process = Offer)]
struct MyFlow {
    #[next(call)]
    start: StartHandle,
    #[fields(called)]
    #[next(end)]
    call: ManualTask,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[fields(called)]
