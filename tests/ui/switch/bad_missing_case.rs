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
    #[case(Carrier::Post => stamp)]
    #[case(Carrier::Courier => call)]
    route: Switch,
    #[next(end)]
    stamp: View,
    #[next(end)]
    call: View,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[case(Carrier::Courier => call)]
// +    #[case(Carrier::Courier => call)]
// +    #[case(Carrier::Pigeon => call)]
