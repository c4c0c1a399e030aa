use viewflow::prelude::*;

#[derive(Entity, Clone, Debug)]
struct Thing {
    #[id]
    id: u64,
    #[field(unique)]
    name: String,
}

fn main() {}

// Mended:
// -    id: u64,
// +    id: Id<Thing>,
