use viewflow::prelude::*;

#[derive(Choices, Clone, Copy, Debug)]
pub enum Back {
    Ship,
    Train,
}

#[derive(Form, Clone, Debug)]
pub struct Pay {
    pub back: Back,
    #[field(computed = |form| form.back)]
    pub same: Back,
}

fn main() {}

// Mended:
// -    #[field(computed = |form| form.back)]
// -    pub same: Back,
// +    #[field(computed = |form| Some(form.back))]
// +    pub same: Option<Back>,
