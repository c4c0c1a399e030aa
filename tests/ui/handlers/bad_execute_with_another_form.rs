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

fn begin(engine: &Engine, ann: &UserId) {
    let _ = engine.start(MyFlow::start, ann, Remark { text: String::new() });
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    let _ = engine.start(MyFlow::start, ann, Remark { text: String::new() });
// +    let _ = engine.start(MyFlow::start, ann, Approve { approved: true });
