//! The stores that are measured. What this crate asks of the store beyond `open` is here and nowhere else.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use viewflow::{Durability, Engine, EngineBuilder, Retention, SledStore, Store};

use crate::measure::Result;

/// What one commit wrote: the keys, each with its value or none.
pub type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;
/// What is called with them.
pub type Trace = Arc<dyn Fn(&Writes) + Send + Sync>;

/// Whether [`open_relaxed`] is anything else than [`open`].
pub const HAS_RELAXED: bool = true;
/// Whether [`retaining`] forgets processes that are over.
pub const HAS_RETENTION: bool = true;

/// A store that acknowledges a step when it is on the disk.
pub fn open(path: &Path) -> Result<SledStore> {
    Ok(SledStore::open(path)?)
}

/// A store that syncs now and then.
pub fn open_relaxed(path: &Path) -> Result<SledStore> {
    Ok(SledStore::options().durability(Durability::Relaxed { at_most: Duration::from_millis(100) }).open(path)?)
}

/// A store that tells what each commit writes.
pub fn open_traced(path: &Path, trace: Trace) -> Result<SledStore> {
    Ok(SledStore::options().traced(trace).open(path)?)
}

/// An engine that forgets processes soon after they are over.
pub fn retaining(store: impl Store) -> EngineBuilder<()> {
    Engine::builder(store).retain(Retention::purge_after(Duration::from_secs(30)))
}

/// Keeps what is traced.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Writes>>>);

impl Recorder {
    pub fn trace(&self) -> Trace {
        let kept = Arc::clone(&self.0);
        Arc::new(move |writes| kept.lock().unwrap_or_else(PoisonError::into_inner).push(writes.clone()))
    }

    /// What each commit wrote, in order. While stores tell nothing, what so many steps might have written.
    pub fn recorded(&self, steps: usize) -> Recorded {
        let commits = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if commits.is_empty() {
            Recorded { commits: plausible(steps), note: "the bare loop writes plausible bytes, not those of the steps" }
        } else {
            Recorded { commits, note: "" }
        }
    }
}

/// What the commits of a run wrote.
pub struct Recorded {
    pub commits: Vec<Writes>,
    pub note: &'static str,
}

impl Recorded {
    /// All that was written.
    pub fn bytes(&self) -> usize {
        let size = |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| key.len() + value.as_ref().map_or(0, Vec::len);
        self.commits.iter().flatten().map(size).sum()
    }
}

/// Three steps a process, as those of `HelloFlow`: made with a task, assigned, done.
fn plausible(steps: usize) -> Vec<Writes> {
    let key = |letter: u8, process: usize, more: usize, length: usize| {
        let mut key = vec![letter];
        key.extend((process as u64).to_be_bytes());
        key.extend((more as u64).to_be_bytes());
        key.resize(length.max(key.len()), b'.');
        key
    };
    let step = |number: usize| {
        let (process, turn) = (number / 3, number % 3);
        let mut writes = Writes::new();
        let mut put = |key: Vec<u8>, size: usize| writes.insert(key, Some(vec![b'x'; size]));
        put(key(b'p', process, 0, 9), 200);
        for task in [1..3, 2..3, 2..6][turn].clone() {
            put(key(b't', process, task, 13), 200);
            (0..3).for_each(|list| drop(put(key(b'l', list, process * 8 + task, 40 + turn), 0)));
        }
        for event in 0..[4, 1, 9][turn] {
            put(key(b'e', process, turn * 8 + event, 13), 110);
        }
        for list in 0..[0, 3, 6][turn] {
            writes.insert(key(b'l', list, process * 8 + 2, 39 + turn), None);
        }
        writes
    };
    (0..steps).map(step).collect()
}
