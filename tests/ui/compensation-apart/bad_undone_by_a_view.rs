use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(hotel)]
    start: StartHandle,
    #[call(Self::work)]
    #[compensate_with(give_back)]
    #[next(undo)]
    hotel: Function,
    #[next(end)]
    undo: CompensateThrow,
    give_back: View,
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
// -    give_back: View,
// +    #[call(Self::work)]
// +    give_back: Function,
