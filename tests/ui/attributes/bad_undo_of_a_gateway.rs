use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(check)]
    start: Start,
    #[cond(|_| true)]
    #[then(end)]
    #[otherwise(end)]
    #[undo(Self::take_back)]
    check: If,
    end: End,
}

impl MyFlow {
    fn take_back(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[undo(Self::take_back)]
