use viewflow::prelude::*;

mod model {
    use viewflow::prelude::*;

    #[derive(Process, Clone, Debug)]
    pub struct Order {
        approved: bool,
    }
}

#[derive(Flow)]
#[flow(process = model::Order)]
struct MyFlow {
    #[fields(approved)]
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -        approved: bool,
// +        pub approved: bool,
