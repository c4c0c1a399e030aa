//! A store of its own for each measurement, and how times are taken.

use std::fmt;
use std::sync::Arc;

use tempfile::TempDir;
use viewflow::{Engine, EngineBuilder, ManualClock, MemoryStore, Store, UserId};

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

/// Where a group is measured.
pub(super) struct Ground {
    kind: Kind,
    directory: TempDir,
    pub clock: Arc<ManualClock>,
}

impl Ground {
    pub(super) fn new(kind: Kind) -> Result<Self> {
        Ok(Self { kind, directory: TempDir::new()?, clock: Arc::default() })
    }

    /// A builder over the store, whose clock stands still until it is moved. Of a store on the disk it may be asked again once what
    /// was built before is gone.
    pub(super) fn builder(&self) -> Result<EngineBuilder<()>> {
        let store: Arc<dyn Store> = match self.kind {
            Kind::Memory => Arc::new(MemoryStore::new()),
            Kind::Sled => Arc::new(stores::open_relaxed(self.directory.path())?),
        };
        Ok(Engine::builder(store).clock(Arc::clone(&self.clock)))
    }
}

/// The median time of so many rounds, in microseconds.
pub(super) fn each(rounds: usize, mut work: impl FnMut(usize) -> Result<()>) -> Result<f64> {
    let mut round = 0;
    micros(rounds, || {
        round += 1;
        seconds(|| work(round - 1))
    })
}

/// The time of all, for each of so many, in microseconds.
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

/// A size as flows count.
pub(super) fn small(size: usize) -> Result<u32> {
    Ok(u32::try_from(size)?)
}
