use viewflow::prelude::*;

#[derive(Task, Clone, Debug)]
struct Proofread {
    language: String,
}

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(proofread)]
    start: Start,
    #[next(end)]
    proofread: View<Proofread>,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(proofread)]
// +    #[next(proofread, task_data = |_| Proofread { language: "de".to_owned() })]
