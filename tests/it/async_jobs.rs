//! Jobs that are `async`: with the feature `tokio`.

use std::time::Duration;

use viewflow::prelude::*;

use crate::support::{events, on_every_store, open_task, wait_until};

#[derive(Process, Clone, Debug)]
pub struct Fetch {
    #[field(default = 0)]
    pub millis: u64,
    pub answer: Option<String>,
}

#[derive(Flow)]
#[flow(process = Fetch)]
pub struct FetchFlow {
    greeting: String,

    #[input(u64)]
    #[call(Self::begin)]
    #[next(fetch)]
    start: StartHandle,

    #[call(async Self::fetch)]
    #[done(Self::fetched)]
    #[retry(attempts = 2, backoff = "0s")]
    #[timeout("200ms")]
    #[next(forget)]
    fetch: Job,

    #[call(async Self::forget)]
    #[next(end)]
    forget: Job,

    end: End,
}

impl FetchFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, millis: u64) -> Result<()> {
        a.process.millis = millis;
        Ok(())
    }

    async fn fetch(&self, job: &JobRun<Self>) -> Result<String> {
        tokio::time::sleep(Duration::from_millis(job.process.millis)).await;
        assert!(job.process.millis != 13, "unlucky");
        Ok(format!("{} after {} ms", self.greeting, job.process.millis))
    }

    fn fetched(&self, a: &mut Activation<Self, ()>, answer: String) -> Result<()> {
        a.process.answer = Some(answer);
        Ok(())
    }

    async fn forget(&self, _: &JobRun<Self>) -> Result<()> {
        tokio::task::yield_now().await;
        Ok(())
    }
}

#[test]
fn an_async_job_is_run_and_its_value_comes_back() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(FetchFlow::new("Hello".to_owned())).build().unwrap();
        let id = engine.run(FetchFlow::start, 2).unwrap().id;
        assert_eq!(engine.run_pending().unwrap(), 2);
        let process = engine.process::<FetchFlow>(id).unwrap();
        assert_eq!((process.status, process.answer.as_deref()), (ProcessStatus::Done, Some("Hello after 2 ms")));
        let id = engine.run(FetchFlow::start, 1).unwrap().id;
        let workers = engine.workers(2);
        wait_until(|| engine.process_record(id).unwrap().status == ProcessStatus::Done);
        workers.stop();
    });
}

#[test]
fn an_async_job_that_takes_too_long_or_panics_has_failed() {
    let engine = Engine::builder(MemoryStore::new()).flow(FetchFlow::new("Hello".to_owned())).build().unwrap();
    let slow = engine.run(FetchFlow::start, 60_000).unwrap().id;
    let unlucky = engine.run(FetchFlow::start, 13).unwrap().id;
    engine.run_pending().unwrap();
    let error = |id| open_task(&engine, FetchFlow::fetch_node, id).error.unwrap().message;
    assert_eq!(error(slow), "the attempt ran out of time");
    assert_eq!(error(unlucky), "panicked: unlucky");
    assert!(events(&engine, slow).contains(&"fetch started, attempt 2".to_owned()));
}

#[test]
fn within_an_async_program_workers_do_the_jobs() {
    let engine = Engine::builder(MemoryStore::new()).flow(FetchFlow::new("Hello".to_owned())).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let id = runtime.block_on(async {
        let id = engine.run(FetchFlow::start, 1).unwrap().id;
        engine.run_pending().unwrap();
        id
    });
    let error = open_task(&engine, FetchFlow::fetch_node, id).error.unwrap().message;
    assert!(error.contains("call it in `spawn_blocking`, or use `workers`"), "{error}");
}
