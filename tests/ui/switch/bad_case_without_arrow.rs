use viewflow::prelude::*;

#[derive(Choices, Clone, Debug, PartialEq)]
enum Carrier {
    Post,
    Courier,
    Pigeon,
}

#[derive(Process, Clone, Debug)]
struct Order {
    #[field(default = Carrier::Post)]
    carrier: Carrier,
}

#[derive(Flow)]
#[flow(process = Order)]
struct MyFlow {
    #[next(route)]
    start: Start,
    #[switch(|a| a.process.carrier)]
    #[case(end)]
    route: Switch,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[case(end)]
// +    #[case(Carrier::Post | Carrier::Courier | Carrier::Pigeon => end)]
