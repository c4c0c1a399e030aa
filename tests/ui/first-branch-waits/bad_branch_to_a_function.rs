use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(race)]
    start: StartHandle,
    #[branch(answer)]
    #[branch(compute)]
    race: SplitFirst,
    #[next(end)]
    answer: View,
    #[call(Self::compute)]
    #[next(end)]
    compute: Function,
    end: End,
}

impl MyFlow {
    fn compute(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Engine::builder(MemoryStore::new()).flow(MyFlow::new());
}

// Mended:
// -    compute: Function,
// +    compute: Job,
// -    fn compute(&self, _: &mut Activation<Self, ()>) -> Result<()> {
// +    fn compute(&self, _: &JobRun<Self>) -> Result<()> {
