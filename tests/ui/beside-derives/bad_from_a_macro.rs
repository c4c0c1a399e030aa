use viewflow::prelude::*;

macro_rules! order {
    ($process:ident, $flow:ident, $field:ident: $ty:ty, $end:ident) => {
        #[viewflow::process]
        pub struct $process {
            pub $field: $ty,
        }

        #[viewflow::flow(process = $process)]
        pub struct $flow {
            #[fields($field)]
            #[next($end)]
            start: Start,
            end: End,
        }
    };
}

order!(Order, OrderFlow, number: u32, ned);

fn main() {
    let _ = (OrderFlow::new(), StartFields { number: 1 }, Order::initial().number);
}

// Mended:
// -order!(Order, OrderFlow, number: u32, ned);
// +order!(Order, OrderFlow, number: u32, end);
