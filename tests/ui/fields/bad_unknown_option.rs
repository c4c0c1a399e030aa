use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
struct Pay {
    #[field(max_lenght = 3)]
    text: String,
}

fn main() {}
