use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(pack, task_seed = |_| 7_u32)]
    start: Start,
    #[next(end)]
    pack: View<u32>,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    pack: View<u32>,
// +    pack: View<Seed<u32>>,
