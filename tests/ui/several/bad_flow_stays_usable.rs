use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(reveiw)]
    start: Start,
    #[next(end)]
    review: View,
    end: End,
}

fn main() {
    // Only the flow's own mistake is told: its constructor, trait and handles are there.
    let engine = Engine::builder(viewflow::MemoryStore::new()).flow(MyFlow::new()).build().unwrap();
    engine.start(MyFlow::start, &UserId::new("ann"), ()).unwrap();
    let _ = engine.queue(&viewflow::UserId::new("ann")).of(MyFlow::review);
}

// Mended:
// -    #[next(reveiw)]
// +    #[next(review)]
