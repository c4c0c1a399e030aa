use viewflow::prelude::*;

#[derive(Entity, Clone, Debug)]
struct Post {
    #[id]
    id: Id<Post>,
    title: String,
}

#[derive(Entity, Clone, Debug)]
struct Comment {
    #[id]
    id: Id<Comment>,
    #[field(on_delete = set_none)]
    post: Ref<Post>,
}

fn main() {}

// Mended:
// -    post: Ref<Post>,
// +    post: Option<Ref<Post>>,
