use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
struct Pick {
    #[field(choices = ["one", "two"])]
    number: u32,
}

fn main() {}

// Mended:
// -    #[field(choices = ["one", "two"])]
// +    #[field(choices = [1, 2])]
