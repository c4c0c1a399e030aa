use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(review, task_seed = |_| "x".to_owned())]
    start: Start,
    #[submit(Self::done)]
    #[next(end)]
    review: View<Seed<String>>,
    end: End,
}

impl MyFlow {
    fn done(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    fn done(&self, _: &mut Activation<Self, ()>) -> Result<()> {
// +    fn done(&self, _: &mut Activation<Self, Seed<String>>) -> Result<()> {
