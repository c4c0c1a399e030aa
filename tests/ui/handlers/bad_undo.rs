use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[undo(Self::take_back)]
    #[next(end)]
    review: View<Seed<Option<String>>>,
    end: End,
}

impl MyFlow {
    fn take_back(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    fn take_back(&self) -> Result<()> {
// +    fn take_back(&self, _: &mut Activation<Self, Seed<Option<String>>>) -> Result<()> {
