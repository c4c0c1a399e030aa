//! The stores that are measured. What this crate asks of the store beyond `open` is here and nowhere else.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub(crate) use viewflow::SledMoment as Moment;
use viewflow::{Durability, Engine, EngineBuilder, Retention, SledStore, Store};

use crate::measure::Result;

const RELAXED: Durability = Durability::Relaxed { at_most: Duration::from_millis(100) };

/// What one commit wrote: the keys, each with its value or none.
pub(crate) type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;
/// What is called with them.
pub(crate) type Trace = Arc<dyn Fn(&Writes) + Send + Sync>;

/// A store that acknowledges a step when it is on the disk.
pub(crate) fn open(path: &Path) -> Result<SledStore> {
    Ok(SledStore::open(path)?)
}

/// A store that syncs now and then.
pub(crate) fn open_relaxed(path: &Path) -> Result<SledStore> {
    Ok(SledStore::options().durability(RELAXED).open(path)?)
}

/// A store that tells what each commit writes.
pub(crate) fn open_traced(path: &Path, trace: Trace) -> Result<SledStore> {
    Ok(SledStore::options().traced(trace).open(path)?)
}

/// A store that syncs now and then, and tells when a commit begins or ceases to keep others waiting.
pub(crate) fn open_timed(path: &Path, timer: Arc<dyn Fn(Moment) + Send + Sync>) -> Result<SledStore> {
    Ok(SledStore::options().durability(RELAXED).timed(timer).open(path)?)
}

/// An engine that forgets processes soon after they are over.
pub(crate) fn retaining(store: impl Store) -> EngineBuilder<()> {
    Engine::builder(store).retain(Retention::purge_after(Duration::from_secs(30)))
}

/// Keeps what is traced.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<Writes>>>);

impl Recorder {
    pub(crate) fn trace(&self) -> Trace {
        let kept = Arc::clone(&self.0);
        Arc::new(move |writes| kept.lock().unwrap_or_else(PoisonError::into_inner).push(writes.clone()))
    }

    /// What each commit wrote, in order.
    pub(crate) fn recorded(&self) -> Recorded {
        Recorded { commits: std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)) }
    }
}

/// What the commits of a run wrote.
pub(crate) struct Recorded {
    pub commits: Vec<Writes>,
}

impl Recorded {
    /// All that was written.
    pub(crate) fn bytes(&self) -> usize {
        let size = |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| key.len() + value.as_ref().map_or(0, Vec::len);
        self.commits.iter().flatten().map(size).sum()
    }
}
