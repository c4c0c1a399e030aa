#[viewflow::task]
pub struct Proofread(String);

fn main() {
    println!("{:?}", Proofread("de".to_owned()).clone());
}

// Mended:
// -pub struct Proofread(String);
// +pub struct Proofread { language: String }
// -    println!("{:?}", Proofread("de".to_owned()).clone());
// +    println!("{:?}", Proofread { language: "de".to_owned() }.clone());
