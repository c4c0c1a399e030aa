use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(review)]
    start: StartHandle,
    #[on_timeout(after = "3d", then = remind, interrupting = false)]
    #[next(archive)]
    review: View,
    #[call(Self::remind)]
    #[next(archive)]
    remind: Function,
    #[next(end)]
    archive: View,
    end: End,
}

impl MyFlow {
    fn remind(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[on_timeout(after = "3d", then = remind, interrupting = false)]
// +    #[on_timeout(after = "3d", then = remind)]
