use viewflow::prelude::*;

#[derive(Entity, Clone, Debug)]
struct Post {
    #[id]
    id: Id<Post>,
    title: String,
}

#[derive(Form, Clone, Debug)]
struct Pick {
    #[field(choices = |db, user, task| db.table::<Post>().all())]
    post: Ref<Post>,
}

fn main() {}

// Mended:
// -    #[field(choices = |db, user, task| db.table::<Post>().all())]
// +    #[field(choices = |db, _| db.table::<Post>().all())]
