#[viewflow::form]
pub struct Choose {
    pub number: u32,
}

#[viewflow::form]
impl Choose {
    fn number(&self) -> u32 {
        self.number
    }
}

fn main() {
    println!("{}", Choose { number: 1 }.number());
}

// Mended:
// -#[viewflow::form]
// -impl Choose {
// +impl Choose {
