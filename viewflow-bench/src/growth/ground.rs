//! A separate store for each measurement, and functions that measure times.

use std::fmt;
use std::sync::Arc;

use tempfile::TempDir;
use viewflow::engine::ManualClock;
use viewflow::{Engine, EngineBuilder, MemoryStore, Store, UserId};

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
        let store: Arc<dyn Store> = match self.kind {
            Kind::Memory => Arc::new(MemoryStore::new()),
            Kind::Sled => Arc::new(stores::open_relaxed(self.directory.path())?),
        };
        Ok(Engine::builder(store).clock(Arc::clone(&self.clock)))
    }
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
