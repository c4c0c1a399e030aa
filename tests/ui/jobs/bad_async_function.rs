use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: StartHandle,
    #[call(async Self::post)]
    #[next(end)]
    send: Function,
    end: End,
}

impl MyFlow {
    async fn post(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[call(async Self::post)]
// +    #[call(Self::post)]
// -    async fn post(&self, _: &mut Activation<Self, ()>) -> Result<()> {
// +    fn post(&self, _: &mut Activation<Self, ()>) -> Result<()> {
