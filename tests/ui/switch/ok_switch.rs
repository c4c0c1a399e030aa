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
    #[default(end)]
    #[case(Carrier::Post | Carrier::Courier => stamp, task_seed = |_| "by air".to_owned())]
    route: Switch,
    #[next(end)]
    stamp: View<Seed<String>>,
    end: End,
}

fn main() {}
