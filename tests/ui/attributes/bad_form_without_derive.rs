use viewflow::prelude::*;

#[derive(Clone, Debug)]
struct Approve {
    approved: bool,
}

#[derive(Flow)]
struct MyFlow {
    #[form(Approve)]
    #[submit(Self::begin)]
    #[next(end)]
    start: Start,
    end: End,
}

impl MyFlow {
    fn begin(&self, _: &mut Activation<Self, ()>, _: Approve) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -#[derive(Clone, Debug)]
// +#[derive(Form, Clone, Debug)]
