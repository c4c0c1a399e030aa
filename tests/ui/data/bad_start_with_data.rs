use viewflow::prelude::*;

#[derive(Task, Clone, Debug)]
struct Proofread {
    language: String,
}

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(end)]
    start: Start<Proofread>,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    language: String,
// +    #[field(default = "de")]
// +    language: String,
