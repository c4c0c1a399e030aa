use viewflow::prelude::*;

fn main() {
    #[viewflow::process]
    struct Order {
        number: u32,
    }

    #[viewflow::flow(process = Order)]
    struct OrderFlow {
        #[fields(number)]
        #[next(and)]
        start: Start,
        end: End,
    }

    let _ = (OrderFlow::new(), StartFields { number: 1 }, Order::initial().number);
}

// Mended:
// -        #[next(and)]
// +        #[next(end)]
