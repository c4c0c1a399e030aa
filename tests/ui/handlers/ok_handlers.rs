use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(compute)]
    start: StartHandle,
    #[call(Self::compute)]
    #[next(wait)]
    compute: Function,
    #[on_create(Self::compute)]
    #[call(Self::compute)]
    #[next(end)]
    wait: Handle,
    end: End,
}

impl MyFlow {
    fn begin(&self, _: &mut Activation<Self, ()>, _: u32) -> Result<()> {
        Ok(())
    }

    fn compute(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }
}

fn handles(engine: &Engine) {
    let _ = engine.run(MyFlow::start, 7);
    let _ = engine.tasks_of(MyFlow::compute_node, viewflow::TaskStatus::Done);
}

fn main() {}
