use viewflow::prelude::*;

#[derive(Message, Clone, Debug)]
#[message(key = invoice)]
struct Paid {
    invoice: u32,
}

#[derive(Flow)]
struct MyFlow {
    #[next(wait)]
    start: StartHandle,
    #[message(Paid, key = |_| 7_u32)]
    #[call(Self::paid)]
    #[next(end)]
    wait: MessageCatch,
    end: End,
}

impl MyFlow {
    fn paid(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    fn paid(&self, _: &mut Activation<Self, ()>) -> Result<()> {
// +    fn paid(&self, _: &mut Activation<Self, ()>, _: Paid) -> Result<()> {
