use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(hotel)]
    start: StartHandle,
    #[call(Self::work)]
    #[compensate_with(give_back)]
    #[next(decide)]
    hotel: Function,
    #[on_timeout(after = "3d", then = give_back)]
    #[next(end)]
    decide: View,
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
// -    #[on_timeout(after = "3d", then = give_back)]
// +    #[on_timeout(after = "3d", then = end)]
