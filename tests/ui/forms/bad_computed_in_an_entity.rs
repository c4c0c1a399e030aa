use viewflow::prelude::*;

#[derive(Entity, Clone, Debug)]
pub struct Pay {
    #[id]
    pub id: Id<Pay>,
    pub pieces: u32,
    #[field(computed = |form| form.pieces)]
    pub sum: u32,
}

fn main() {}

// Mended:
// -    #[field(computed = |form| form.pieces)]
