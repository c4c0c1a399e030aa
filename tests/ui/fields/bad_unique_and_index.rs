use viewflow::prelude::*;

#[derive(Entity, Clone, Debug)]
struct Thing {
    #[id]
    id: Id<Thing>,
    #[field(unique, index)]
    name: String,
}

fn main() {}

// Mended:
// -    #[field(unique, index)]
// +    #[field(unique)]
