use viewflow::prelude::*;

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Post,
    Parcel,
}

#[derive(Process, Clone, Debug)]
pub struct Order {
    #[field(default = Kind::Post)]
    pub kind: Kind,
}

fn main() {
    let _ = Kind::Parcel;
}

// Mended:
// -#[derive(Clone, Copy, Debug)]
// +#[derive(Choices, Clone, Copy, Debug)]
