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
    #[field(choices = |db| db.table::<Post>().all())]
    post: Ref<Post>,
}

fn main() {}

// Mended:
// -    #[field(choices = |db| db.table::<Post>().all())]
