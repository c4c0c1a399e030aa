use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    article: String,
}

#[derive(Flow)]
#[flow(process = Order)]
struct MyFlow {
    #[next(pack, task_seed = |a| a.process.article)]
    start: Start,
    #[next(end)]
    pack: View<Seed<String>>,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(pack, task_seed = |a| a.process.article)]
// +    #[next(pack, task_seed = |a| a.process.article.clone())]
