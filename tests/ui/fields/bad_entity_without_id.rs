use viewflow::prelude::*;

#[derive(Entity, Clone, Debug)]
struct Post {
    title: String,
}

fn main() {}

// Mended:
// -    title: String,
// +    #[id]
// +    id: Id<Post>,
// +    title: String,
