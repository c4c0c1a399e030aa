use viewflow::prelude::*;

#[derive(Flow)]
struct BillFlow {
    #[next(accept)]
    start: Start,
    #[next(sign)]
    accept: View,
    #[assign(same_as = [start, accept])]
    #[next(end)]
    sign: View,
    end: End,
}

fn main() {
    let _ = BillFlow::new();
}

// Mended:
// -    #[assign(same_as = [start, accept])]
// +    #[assign(same_as(start, accept))]
