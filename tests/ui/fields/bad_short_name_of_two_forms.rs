use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
pub struct Order {
    pub number: u32,
}

#[derive(Flow)]
#[flow(process = Order)]
pub struct BuyFlow {
    #[fields(number)]
    #[next(end)]
    start: Start,
    end: End,
}

#[derive(Flow)]
#[flow(process = Order)]
pub struct SellFlow {
    #[fields(number)]
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {
    let _ = StartFields { number: 1 };
}

// Mended:
// -    let _ = StartFields { number: 1 };
// +    let _ = (buy_flow_forms::StartFields { number: 1 }, sell_flow_forms::StartFields { number: 1 });
