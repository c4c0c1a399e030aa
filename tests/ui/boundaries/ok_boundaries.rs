use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(review)]
    start: StartHandle,
    #[on_timeout(after = "3d", then = remind, interrupting = false, task_seed = |_| 7_u32)]
    #[on_timeout(after = |a| std::time::Duration::from_secs(a.process.id.0), then = send)]
    #[next(send)]
    review: View,
    #[submit(Self::reminded)]
    #[next(reminded)]
    remind: ManualTask<Seed<u32>>,
    reminded: End,
    #[call(Self::send)]
    #[on_error(code = "refused", then = review)]
    #[on_error(then = end)]
    #[next(end)]
    send: Job,
    end: End,
}

impl MyFlow {
    fn reminded(&self, _: &mut Activation<Self, Seed<u32>>) -> Result<()> {
        Ok(())
    }

    fn send(&self, _: &JobRun<Self>) -> Result<()> {
        Err(Error::coded("refused", "it came back"))
    }
}

fn main() {}
