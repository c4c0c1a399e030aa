use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(hotel)]
    start: StartHandle,
    #[call(Self::book)]
    #[compensate_with(give_back, task_seed = |a| a.task.artifact)]
    #[next(flight)]
    hotel: Function<Artifact<u32>>,
    #[compensate_with(give_back)]
    #[next(undo)]
    flight: View,
    #[next(end)]
    undo: CompensateThrow,
    #[call(Self::give_back)]
    give_back: Function<Seed<Option<u32>>>,
    end: End,
}

impl MyFlow {
    fn book(&self, a: &mut Activation<Self, Artifact<u32>>) -> Result<()> {
        a.task.artifact = Some(7);
        Ok(())
    }

    fn give_back(&self, _: &mut Activation<Self, Seed<Option<u32>>>) -> Result<()> {
        Ok(())
    }
}

fn main() {}
