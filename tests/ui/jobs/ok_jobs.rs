use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: StartHandle,
    #[call(Self::send)]
    #[done(Self::sent)]
    #[retry(attempts = 3, backoff = "10s", max = "5m")]
    #[timeout("1m")]
    #[delay("1h 30m")]
    #[on_error(code = "refused", then = print)]
    #[next(end)]
    send: Job,
    #[call(Self::print)]
    #[delay(|a| std::time::Duration::from_secs(a.process.id.0))]
    #[next(end)]
    print: Job<Seed<Option<u32>>>,
    end: End,
}

impl MyFlow {
    fn send(&self, job: &JobRun<Self>) -> Result<String> {
        Ok(job.idempotency_key().to_owned())
    }

    fn sent(&self, _: &mut Activation<Self, ()>, _receipt: String) -> Result<()> {
        Ok(())
    }

    fn print(&self, job: &JobRun<Self, Seed<Option<u32>>>) -> Result<u32> {
        Ok(job.task.seed.unwrap_or(job.attempt))
    }
}

fn main() {}
