use viewflow::prelude::*;

#[derive(Flow)]
#[flow(process = ())]
struct MyFlow {
    #[next(paid)]
    start: StartHandle,
    #[cond(|_| true)]
    #[on_timeout(after = "1d", then = remind)]
    #[next(end)]
    paid: ConditionalCatch,
    #[call(Self::remind)]
    #[next(paid)]
    remind: Function,
    end: End,
}

impl MyFlow {
    fn remind(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }
}

fn main() {}
