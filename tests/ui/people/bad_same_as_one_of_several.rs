use viewflow::prelude::*;

#[derive(Flow)]
struct BillFlow {
    #[next(accept)]
    start: Start,
    #[next(sign)]
    accept: View,
    #[assign(same_as(start, pay, accpt))]
    #[next(pay)]
    sign: View,
    #[assign(same_as())]
    #[next(end)]
    pay: View,
    end: End,
}

fn main() {
    let _ = BillFlow::new();
}

// Mended:
// -    #[assign(same_as(start, pay, accpt))]
// +    #[assign(same_as(start, accept))]
// -    #[assign(same_as())]
// +    #[assign(same_as(start, sign))]
