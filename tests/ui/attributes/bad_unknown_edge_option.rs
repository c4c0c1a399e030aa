use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(review, task_sed = |_| 7_u32)]
    start: Start,
    #[next(end)]
    review: View<Seed<Option<u32>>>,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[next(review, task_sed = |_| 7_u32)]
// +    #[next(review, task_seed = |_| 7_u32)]
