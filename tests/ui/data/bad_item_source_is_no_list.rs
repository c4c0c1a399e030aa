use viewflow::prelude::*;

#[derive(Task, Clone, Debug)]
struct Proofread {
    language: String,
}

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(each)]
    start: Start,
    #[branch(proofread, task_data_source = |_| 7)]
    each: Split,
    #[next(gather)]
    proofread: View<Proofread>,
    #[next(end)]
    gather: Join,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[branch(proofread, task_data_source = |_| 7)]
// +    #[branch(proofread, task_data_source = |_| [Proofread { language: "de".to_owned() }])]
