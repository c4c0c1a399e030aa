use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: StartHandle,
    #[call(async Self::post)]
    #[next(end)]
    send: Job,
    end: End,
}

impl MyFlow {
    async fn post(&self, _: &JobRun<Self>) -> Result<()> {
        Ok(())
    }
}

fn main() {}
