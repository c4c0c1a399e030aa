use viewflow::table::IndexOf;
use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    #[field(min = 1 +, max = 9)]
    count: u32,
    #[field(default)]
    size: u32,
    #[field(column, unique, max_length 5)]
    name: String,
}

#[derive(Flow)]
#[flow(process = Order)]
struct OrderFlow {
    #[next(large)]
    start: StartHandle,
    #[cond(|a| a.process.)]
    #[then(small)]
    #[otherwise(end)]
    large: If,
    #[cond(|a| a.process.count 3)]
    #[then(open)]
    #[otherwise(end)]
    small: If,
    #[cond(|a a.process.count > 3)]
    #[then(end)]
    #[otherwise(end)]
    open: If,
    end: End,
}

fn find() -> IndexOf<Order, String> {
    Order::BY_NAME
}

fn main() {}

// Mended:
// -    #[field(min = 1 +, max = 9)]
// +    #[field(min = 1 + 1, max = 9)]
// -    #[field(default)]
// +    #[field(default = 1)]
// -    #[field(column, unique, max_length 5)]
// +    #[field(column, unique, max_length = 5)]
// -    #[cond(|a| a.process.)]
// +    #[cond(|a| a.process.count > 7)]
// -    #[cond(|a| a.process.count 3)]
// +    #[cond(|a| a.process.count < 3)]
// -    #[cond(|a a.process.count > 3)]
// +    #[cond(|a| a.process.count > 3)]
