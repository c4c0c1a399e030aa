#[viewflow::task(seed = String)]
#[viewflow::task]
pub struct Proofread {
    pub language: String,
}

fn main() {
    println!("{:?}", Proofread { language: "de".to_owned() });
}

// Mended:
// -#[viewflow::task]
