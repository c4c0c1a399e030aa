use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(each)]
    start: Start,
    #[branch(pack, task_data_source = |_| [()], task_seed_source = |_| [()])]
    each: Split,
    #[next(gather)]
    pack: View,
    #[next(end)]
    gather: Join,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[branch(pack, task_data_source = |_| [()], task_seed_source = |_| [()])]
// +    #[branch(pack, task_data_source = |_| [()], task_seed = |_| ())]
