use viewflow::prelude::*;

#[viewflow::entity("goods")]
pub struct Thing {
    #[id]
    pub id: Id<Thing>,
}

fn main() {
    println!("{:?}", Thing { id: Id::NEW }.clone());
}

// Mended:
// -#[viewflow::entity("goods")]
// +#[viewflow::entity(table = "goods")]
