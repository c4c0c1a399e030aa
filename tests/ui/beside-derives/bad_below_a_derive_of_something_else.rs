use viewflow::prelude::*;

#[derive(
    PartialEq, // to be compared
    Eq,
)]
/// Goods.
#[viewflow::entity(table = "goods")]
pub struct Thing {
    #[id]
    pub id: Id<Thing>,
}

fn main() {
    let _ = MemoryStore::new();
}

// Mended:
// -#[derive(
// -    PartialEq, // to be compared
// -    Eq,
// -)]
// -/// Goods.
// -#[viewflow::entity(table = "goods")]
// +/// Goods.
// +#[viewflow::entity(table = "goods")]
// +#[derive(PartialEq, Eq)]
