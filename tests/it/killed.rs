//! Workers that are killed in the middle of their jobs.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use viewflow::EventKind;
use viewflow::prelude::*;

use crate::support::wait_until;

/// The variable that says where the killed program keeps its data.
const PLACE: &str = "VIEWFLOW_TEST_KILLED";
const KILLS: usize = 100;

#[derive(Entity, Clone, Debug)]
pub struct Receipt {
    #[id]
    pub id: Id<Receipt>,
    #[field(index)]
    pub process: u64,
}

#[derive(Flow)]
pub struct WorkFlow {
    log: PathBuf,

    #[next(work)]
    start: StartHandle,

    #[call(Self::work)]
    #[done(Self::record)]
    #[retry(attempts = 5, backoff = "1ms", max = "5ms")]
    #[next(end)]
    work: Job,

    end: End,
}

impl WorkFlow {
    /// Writes its effect to a file.
    fn work(&self, job: &JobRun<Self>) -> Result<u64> {
        let mut log = OpenOptions::new().append(true).create(true).open(&self.log)?;
        // In one piece, because other programs write to it, too.
        log.write_all(format!("{}\n", job.idempotency_key()).as_bytes())?;
        std::thread::sleep(Duration::from_millis(2));
        if job.process.id.0.is_multiple_of(5) && job.attempt == 1 {
            return Err(Error::msg("not the first time"));
        }
        Ok(job.process.id.0)
    }

    fn record(&self, a: &mut Activation<Self, ()>, process: u64) -> Result<()> {
        a.table().insert(Receipt { id: Id::NEW, process }).map(|_| ())
    }
}

fn engine(place: &Path) -> Engine {
    let store = SledStore::open(place.join("database")).unwrap();
    let builder = Engine::builder(store).lease(Duration::from_millis(50));
    builder.flow(WorkFlow::new(place.join("log"))).build().unwrap()
}

#[test]
#[ignore = "it is what the test below runs and kills"]
fn a_program_with_workers() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let engine = engine(Path::new(&place));
    let _workers = engine.workers(2);
    println!("\nat work");
    loop {
        engine.run(WorkFlow::start, ()).unwrap();
        std::thread::sleep(Duration::from_millis(3));
    }
}

#[test]
fn every_job_of_a_killed_worker_is_done_and_none_is_recorded_twice() {
    let place = tempfile::TempDir::new().unwrap();
    let program = std::env::current_exe().unwrap();
    for round in 0..KILLS {
        let mut child = Command::new(&program)
            .args(["--exact", "killed::a_program_with_workers", "--ignored", "--nocapture", "--test-threads=1"])
            .env(PLACE, place.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "at work"), "round {round}");
        std::thread::sleep(Duration::from_millis(u64::try_from(round * 13 % 40).unwrap()));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    let engine = engine(place.path());
    let begun = engine.processes::<WorkFlow>().list().unwrap();
    let interrupted = engine.tasks_of(WorkFlow::work_node, TaskStatus::Started).list().unwrap().len();
    assert!(begun.len() > KILLS, "{} jobs were begun", begun.len());
    let workers = engine.workers(2);
    let open = || engine.processes::<WorkFlow>().with_status(ProcessStatus::New).page(None, 1).unwrap().items.len();
    wait_until(|| open() == 0);
    workers.stop();

    let receipts = engine.transaction(|db| db.table::<Receipt>().all().list()).unwrap();
    let mut by_process: BTreeMap<u64, u32> = BTreeMap::new();
    receipts.iter().for_each(|receipt| *by_process.entry(receipt.process).or_default() += 1);
    let log = std::fs::read_to_string(place.path().join("log")).unwrap();
    let mut taken_over = 0;
    for process in &begun {
        assert_eq!(by_process.remove(&process.id.0), Some(1), "process {}", process.id);
        let key = format!("work.work/{}/2/", process.id);
        assert!(log.lines().any(|line| line.starts_with(&key)), "process {}", process.id);
        let events = engine.events(process.id, 0, 100).unwrap();
        let count = |wanted: fn(&EventKind) -> bool| events.iter().filter(|event| wanted(&event.kind)).count();
        let done = |kind: &EventKind| matches!(kind, EventKind::TaskFinished { node, .. } if node == "work");
        assert_eq!((count(done), count(|what| *what == EventKind::ProcessFinished)), (1, 1), "process {}", process.id);
        let attempts = count(|what| matches!(what, EventKind::TaskStarted { .. }));
        taken_over += usize::from(attempts > 1 + usize::from(process.id.0.is_multiple_of(5)));
    }
    assert!(by_process.is_empty(), "no receipt without a process");
    assert!(taken_over > KILLS / 4, "{taken_over} jobs were taken over, {interrupted} of them at last");
}
