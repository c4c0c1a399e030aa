use viewflow::prelude::*;

#[derive(Task, Clone, Debug)]
struct Proofread {
    language: String,
}

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(proofread, task_data = |a| a.process.id.to_string())]
    start: Start,
    #[next(end)]
    proofread: View<Proofread>,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(proofread, task_data = |a| a.process.id.to_string())]
// +    #[next(proofread, task_data = |a| Proofread { language: a.process.id.to_string() })]
