use viewflow::prelude::*;

struct Old(u32);

#[derive(Task, Clone, Debug)]
struct Work {
    #[field(from = |Old(number): Old| number.to_string())]
    number: String,
}

fn main() {}

// Mended:
// -    #[field(from = |Old(number): Old| number.to_string())]
// +    #[field(from = |number: u32| number.to_string())]
