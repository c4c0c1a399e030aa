use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(hotel)]
    start: StartHandle,
    #[call(Self::work)]
    #[compensate_with(give_back)]
    #[next(undo)]
    hotel: Function,
    undo: CompensateThrow,
    #[call(Self::work)]
    give_back: Function,
    end: End,
}

impl MyFlow {
    fn work(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    undo: CompensateThrow,
// +    #[next(end)]
// +    undo: CompensateThrow,
