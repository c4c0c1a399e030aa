//! Idle workers: the cost of a commit, and of a piece of work, while many workers are idle.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use viewflow::prelude::*;

use super::ground::{Ground, each, share, small};
use super::{BOTH, Group, Times};
use crate::measure::Result;

pub(super) const GROUPS: &[Group] = &[Group::new("idle workers", 1, BOTH, measure)];

/// The number of jobs that have run.
static DONE: AtomicUsize = AtomicUsize::new(0);

#[derive(Entity, Clone, Debug)]
pub(crate) struct Note {
    #[id]
    pub id: Id<Note>,
    pub number: u32,
}

#[derive(Flow)]
pub(crate) struct JobFlow {
    #[next(work)]
    start: StartHandle,
    #[call(Self::work)]
    #[next(end)]
    work: Job,
    end: End,
}

impl JobFlow {
    fn work(&self, _: &JobRun<Self>) -> viewflow::Result<()> {
        DONE.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

fn measure(ground: &Ground, size: usize) -> Result<Times> {
    const JOBS: usize = 100;
    let engine = ground.builder()?.flow(JobFlow::new()).build()?;
    let workers = engine.workers(size);
    std::thread::sleep(Duration::from_millis(200));
    let inserted = each(200, |round| {
        let number = small(round)?;
        Ok(engine.transaction(|db| db.table().insert(Note { id: Id::NEW, number }).map(drop))?)
    })?;
    DONE.store(0, Ordering::SeqCst);
    let worked = share(JOBS, || {
        (0..JOBS).try_for_each(|_| engine.run(JobFlow::start, ()).map(drop))?;
        while DONE.load(Ordering::SeqCst) < JOBS {
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(())
    })?;
    workers.stop();
    Ok(vec![("workers: insert a row", inserted), ("workers: a job to its end", worked)])
}
