use viewflow::prelude::*;

#[derive(Entity, Clone, Debug)]
struct Thing {
    #[id]
    id: Id<Thing>,
    #[field(on_delete = cascade)]
    number: u32,
    #[field(on_delete = protect)]
    part: Ref<Thing>,
}

fn main() {}

// Mended:
// -    #[field(on_delete = cascade)]
// -    number: u32,
// +    number: u32,
