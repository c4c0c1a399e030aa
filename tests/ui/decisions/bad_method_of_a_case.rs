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
    #[case(Approve => end)]
    #[case(Reject => inform, task_seed = Self::reason)]
    review: View,
    #[next(end)]
    inform: View<Seed<String>>,
    end: End,
}

impl MyFlow {
    fn reason(&self, _: &Activation<Self, ()>, verdict: &Verdict) -> Result<String> {
        Ok(format!("{verdict:?}"))
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    fn reason(&self, _: &Activation<Self, ()>, verdict: &Verdict) -> Result<String> {
// -        Ok(format!("{verdict:?}"))
// +    fn reason(&self, _: &Activation<Self, ()>, verdict: &VerdictReject) -> Result<String> {
// +        Ok(verdict.reason.clone())
