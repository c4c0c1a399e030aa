use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(each)]
    start: Start,
    #[branch(pack, task_data_source = |_| [()])]
    each: Split,
    #[next(end)]
    pack: View,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[branch(pack, task_data_source = |_| [()])]
// +    #[branch(pack, task_data_source = |_| [()])]
// +    #[otherwise(end)]
