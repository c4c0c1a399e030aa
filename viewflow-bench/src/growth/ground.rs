//! A separate store for each measurement, and functions that measure times.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use viewflow::engine::ManualClock;
use viewflow::store::{Change, Commit, ProcessRecord, TaskRecord};
use viewflow::{Engine, EngineBuilder, MemoryStore, Store, TaskId, UserId};

use crate::measure::{Result, micros, seconds};
use crate::stores;

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Memory,
    Sled,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Sled => "sled",
        })
    }
}

/// The place where a group is measured.
pub(super) struct Ground {
    kind: Kind,
    directory: TempDir,
    pub clock: Arc<ManualClock>,
}

impl Ground {
    pub(super) fn new(kind: Kind) -> Result<Self> {
        Ok(Self { kind, directory: TempDir::new()?, clock: Arc::default() })
    }

    /// Returns a builder over the store, with a clock that stands still until it is moved.
    ///
    /// For a store on disk, you may call this again only after everything built before is dropped.
    pub(super) fn builder(&self) -> Result<EngineBuilder> {
        Ok(self.builder_over(self.store()?))
    }

    /// Waits until a store on disk rests: then all commits are in its tree, and none in front of it.
    pub(super) fn rest(&self) {
        if matches!(self.kind, Kind::Sled) {
            std::thread::sleep(Duration::from_secs(3));
        }
    }

    pub(super) fn builder_over(&self, store: Arc<dyn Store>) -> EngineBuilder {
        Engine::builder(store).clock(Arc::clone(&self.clock))
    }

    /// The store, which is empty in memory.
    pub(super) fn store(&self) -> Result<Arc<dyn Store>> {
        Ok(match self.kind {
            Kind::Memory => Arc::new(MemoryStore::new()),
            Kind::Sled => Arc::new(stores::open_relaxed(self.directory.path())?),
        })
    }
}

/// Puts tasks into a store without the steps that would make them: each the second one of a process of its own.
pub(super) fn fill(store: &dyn Store, size: usize, task: impl Fn(TaskId, usize) -> TaskRecord) -> Result<()> {
    let mut changes = Vec::new();
    for number in 0..size {
        let id = TaskId { process: store.next_process()?, ordinal: 2 };
        let task = task(id, number);
        let process = ProcessRecord { tasks: 2, ..ProcessRecord::new(id.process, &*task.flow, task.created) };
        changes.extend([Change::process(None, process), Change::task(None, task)]);
        if changes.len() == 1000 || number + 1 == size {
            store.commit(Commit { changes: std::mem::take(&mut changes), ..Commit::default() })?.wait()?;
        }
    }
    Ok(())
}

/// Returns the median time of `rounds` rounds, in microseconds.
pub(super) fn each(rounds: usize, mut work: impl FnMut(usize) -> Result<()>) -> Result<f64> {
    let mut round = 0;
    micros(rounds, || {
        round += 1;
        seconds(|| work(round - 1))
    })
}

/// Returns the total time divided by `count`, in microseconds.
pub(super) fn share(count: usize, work: impl FnOnce() -> Result<()>) -> Result<f64> {
    Ok(seconds(work)? * 1e6 / crate::measure::float(count))
}

/// Works until nothing is pending.
pub(super) fn settle(engine: &Engine) -> Result<()> {
    while engine.run_pending()? > 0 {}
    Ok(())
}

pub(super) fn ann() -> UserId {
    UserId::new("ann")
}

pub(super) fn bob() -> UserId {
    UserId::new("bob")
}

/// Converts a size to the type that flows use.
pub(super) fn small(size: usize) -> Result<u32> {
    Ok(u32::try_from(size)?)
}
