use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[next(check)]
    review: View,
    #[node(name = "review")]
    #[next(end)]
    check: View,
    end: End,
}

fn main() {}

// Mended:
// -    #[node(name = "review")]
// +    #[node(name = "check")]
