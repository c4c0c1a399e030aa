use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(first)]
    #[next(second)]
    start: Start,
    #[next(end)]
    first: View,
    #[next(end)]
    second: View,
    end: End,
}

fn main() {}

// Mended:
// -    #[next(first)]
// -    #[next(second)]
// -    start: Start,
// +    #[next(fork)]
// +    start: Start,
// +    #[branch(first)]
// +    #[branch(second)]
// +    fork: Split,
