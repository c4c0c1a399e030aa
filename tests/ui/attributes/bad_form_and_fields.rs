use viewflow::prelude::*;

#[derive(Process, Clone, Debug)]
struct Order {
    approved: bool,
    remark: Option<String>,
}

#[derive(Form, Clone, Debug)]
struct Approve {
    approved: bool,
}

#[derive(Form, Clone, Debug)]
struct Remark {
    text: String,
}

#[derive(Flow)]
#[flow(process = Order)]
struct MyFlow {
    #[form(Approve)]
    #[submit(Self::begin)]
    #[fields(approved)]
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
// -    #[fields(approved)]
