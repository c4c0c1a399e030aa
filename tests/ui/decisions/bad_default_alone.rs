use viewflow::prelude::*;

#[derive(Form, Clone, Debug)]
enum Verdict {
    Approve,
    Reject { reason: String },
}

#[derive(Flow)]
struct MyFlow {
    #[next(review)]
    start: Start,
    #[form(Verdict)]
    #[submit(Self::note)]
    #[default(end)]
    review: View,
    end: End,
}

impl MyFlow {
    fn note(&self, _: &mut Activation<Self, ()>, _: Verdict) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    #[default(end)]
// +    #[next(end)]
