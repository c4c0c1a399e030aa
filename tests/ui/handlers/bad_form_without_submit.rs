use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
struct Approve {
    approved: bool,
}

#[derive(Form, Clone, Debug)]
struct Remark {
    text: String,
}

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[form(Approve)]
    #[next(end)]
    start: Start,
    end: End,
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[form(Approve)]
// +    #[form(Approve)]
// +    #[submit(Self::begin)]
// -fn main() {
// -    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
// -}
// +impl MyFlow {
// +    fn begin(&self, _: &mut Activation<Self, ()>, _: Approve) -> Result<()> {
// +        Ok(())
// +    }
// +}
// +
// +fn main() {
// +    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
// +}
