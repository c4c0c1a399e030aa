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

#[derive(Task, Clone, Debug)]
struct Proofread {
    language: String,
}

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(review, task_seed = |a| a.task.artifact)]
    start: Start<Artifact<Ref<Post>>>,
    #[next(proofread, task_data = |a| Proofread { language: a.load(a.task.seed)?.title })]
    review: View<Review>,
    #[next(end)]
    proofread: View<Proofread>,
    end: End,
}

fn main() {}
