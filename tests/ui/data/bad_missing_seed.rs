use viewflow::prelude::*;

#[derive(Entity, Clone, Debug)]
struct Post {
    #[id]
    id: Id<Post>,
    title: String,
}

#[derive(Task, Clone, Debug)]
#[task(seed = Ref<Post>)]
struct Review {}

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[next(end)]
    review: View<Review>,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -#[task(seed = Ref<Post>)]
// +#[task(seed = Option<Ref<Post>>)]
