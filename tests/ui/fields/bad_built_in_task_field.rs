use viewflow::prelude::*;

#[derive(Task, Clone, Debug)]
struct Review {
    seed: Option<String>,
}

fn main() {}

// Mended:
// -    seed: Option<String>,
// +    #[field(key = "seed")]
// +    origin: Option<String>,
