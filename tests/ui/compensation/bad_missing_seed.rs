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
    #[call(Self::give_back)]
    give_back: Function<Seed<String>>,
    end: End,
}

impl MyFlow {
    fn work(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }

    fn give_back(&self, _: &mut Activation<Self, Seed<String>>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[compensate_with(give_back)]
// +    #[compensate_with(give_back, task_seed = |_| "room 7".to_owned())]
