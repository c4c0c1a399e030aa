use viewflow::prelude::*;

#[derive(Flow)]
struct MailFlow {
    #[next(send)]
    start: StartHandle,
    #[call(Self::send)]
    #[retry(attempts = 0, backof = "1s", max = "soon", max = "1h")]
    #[next(end)]
    send: Job,
    end: End,
}

impl MailFlow {
    fn send(&self, _: &JobRun<Self>) -> Result<()> {
        Ok(())
    }
}

fn main() {}

// Mended:
// -    #[retry(attempts = 0, backof = "1s", max = "soon", max = "1h")]
// +    #[retry(attempts = 3, backoff = "1s", max = "1h")]
