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
    #[next(review, task_seed = |a| a.task.artifact)]
    start: Start<Artifact<String>>,
    #[next(end)]
    review: View<Review>,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    start: Start<Artifact<String>>,
// +    start: Start<Artifact<Ref<Post>>>,
