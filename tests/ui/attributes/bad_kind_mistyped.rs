use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[next(end)]
    review: Veiw,
    end: End,
}

fn main() {}

// Mended:
// -    review: Veiw,
// +    review: View,
