use viewflow as vf;

#[vf::process(crate = fv)]
pub struct Order {
    #[field(default = 1, max = 9)]
    pub number: u32,
    #[field(max_length = 5)]
    pub text: String,
}

fn main() {
    let _ = Order { number: 1, text: String::new() }.clone();
}

// Mended:
// -#[vf::process(crate = fv)]
// +#[vf::process(crate = vf)]
