use viewflow::prelude::*;

#[derive(Flow)]
struct MyFlow {
    #[next(send)]
    start: StartHandle,
    #[next(end)]
    send: Job,
    end: End,
}

fn main() {}

// Mended:
// -    #[next(end)]
// +    #[call(Self::send)]
// +    #[next(end)]
// -fn main() {}
// +impl MyFlow {
// +    fn send(&self, _: &JobRun<Self>) -> Result<()> {
// +        Ok(())
// +    }
// +}
// +
// +fn main() {}
