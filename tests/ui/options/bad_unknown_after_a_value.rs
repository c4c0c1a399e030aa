use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    #[field(default = 1, requird)]
    count: u32,
    #[field(max_length = 9, uniqe)]
    name: String,
    #[field(label = "Price", colum)]
    price: u32,
}

fn main() {}

// Mended:
// -    #[field(default = 1, requird)]
// +    #[field(default = 1)]
// -    #[field(max_length = 9, uniqe)]
// +    #[field(max_length = 9, column, unique)]
// -    #[field(label = "Price", colum)]
// +    #[field(label = "Price", column)]
