use viewflow::prelude::*;

#[derive(Entity, Clone, Debug)]
struct Post {
    #[id]
    id: Id<Post>,
    title: String,
}

#[derive(Process, Clone, Debug)]
struct Order {
    #[field(column, on_delete = cascade)]
    post: Option<Ref<Post>>,
}

fn main() {}

// Mended:
// -    #[field(column, on_delete = cascade)]
// +    #[field(column, on_delete = set_none)]
