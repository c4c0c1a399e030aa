use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(each)]
    start: Start,
    #[branch(pack, task_data_source = |_| [()])]
    each: Split,
    #[next(gather, task_seed = |a| a.process.id.to_string())]
    pack: View,
    #[next(end)]
    gather: Join<Seed<String>>,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    gather: Join<Seed<String>>,
// +    gather: Join<Seed<Option<String>>>,
