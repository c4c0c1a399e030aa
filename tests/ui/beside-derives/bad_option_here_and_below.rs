#[viewflow::message(name = "parcel", key = number)]
#[message(latch = last, name = "packet")]
pub struct Parcel {
    pub number: u32,
}

fn main() {
    println!("{:?}", Parcel { number: 1 }.clone());
}

// Mended:
// -#[message(latch = last, name = "packet")]
// +#[message(latch = last)]
