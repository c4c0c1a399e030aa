//! The stores that are measured.
//!
//! Everything that this crate needs of the store, besides `open`, is in this file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub(crate) use viewflow::__private::SledMoment as Moment;
use viewflow::engine::Retention;
use viewflow::store::Durability;
use viewflow::{Engine, EngineBuilder, SledStore, Store};

use crate::measure::Result;

const RELAXED: Durability = Durability::Relaxed { at_most: Duration::from_millis(100) };

/// The writes of one commit: its keys, each with its value, or `None` if it was removed.
pub(crate) type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;
/// The function that is called with the writes.
pub(crate) type Trace = Arc<dyn Fn(&Writes) + Send + Sync>;

/// Opens a store that acknowledges a step when the step is on disk.
pub(crate) fn open(path: &Path) -> Result<SledStore> {
    Ok(SledStore::open(path)?)
}

/// Opens a store that syncs at intervals.
pub(crate) fn open_relaxed(path: &Path) -> Result<SledStore> {
    Ok(SledStore::options().durability(RELAXED).open(path)?)
}

/// Opens a store that reports the writes of each commit.
pub(crate) fn open_traced(path: &Path, trace: Trace) -> Result<SledStore> {
    Ok(SledStore::options().traced(trace).open(path)?)
}

/// Opens a store that syncs at intervals, and reports when a commit begins or ceases to keep others waiting.
pub(crate) fn open_timed(path: &Path, timer: Arc<dyn Fn(Moment) + Send + Sync>) -> Result<SledStore> {
    Ok(SledStore::options().durability(RELAXED).timed(timer).open(path)?)
}

/// Creates a builder of an engine that forgets processes soon after they are over.
pub(crate) fn retaining(store: impl Store) -> EngineBuilder {
    Engine::builder(store).retain(Retention::purge_after(Duration::from_secs(30)))
}

/// Keeps the traced writes.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<Writes>>>);

impl Recorder {
    pub(crate) fn trace(&self) -> Trace {
        let kept = Arc::clone(&self.0);
        Arc::new(move |writes| kept.lock().unwrap_or_else(PoisonError::into_inner).push(writes.clone()))
    }

    /// Returns the writes of each commit, in order.
    pub(crate) fn recorded(&self) -> Recorded {
        Recorded { commits: std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)) }
    }
}

/// The writes of all commits of a run.
pub(crate) struct Recorded {
    pub commits: Vec<Writes>,
}

impl Recorded {
    /// Returns the total size of the writes.
    pub(crate) fn bytes(&self) -> usize {
        let size = |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| key.len() + value.as_ref().map_or(0, Vec::len);
        self.commits.iter().flatten().map(size).sum()
    }
}
