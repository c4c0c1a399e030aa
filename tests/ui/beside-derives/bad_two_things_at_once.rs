#[viewflow::process]
#[viewflow::form]
pub struct Order {
    pub number: u32,
}

fn main() {
    println!("{:?}", Order { number: 1 }.number);
}

// Mended:
// -#[viewflow::form]
