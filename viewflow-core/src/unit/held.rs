//! A record as one step sees it.

use std::collections::btree_map::{BTreeMap, Entry};

use viewflow_store::{ProcessId, ProcessRecord, Store};

use crate::error::{Error, Result};

/// A record as it was read and as it will be. Records are long, and a step can have many. So only pointers to them are
/// moved, and a record is copied when it is first changed.
#[derive(Debug)]
pub(super) struct Held<R> {
    pub(super) old: Option<Box<R>>,
    /// None while the record is not changed, too.
    pub(super) new: Option<Box<R>>,
    pub(super) changed: bool,
}

impl<R: Clone> Held<R> {
    pub(super) fn read(old: Option<R>) -> Self {
        Self { old: old.map(Box::new), new: None, changed: false }
    }

    pub(super) fn made(new: R) -> Self {
        Self { old: None, new: Some(Box::new(new)), changed: true }
    }

    /// Returns the record as it is by now.
    pub(super) fn now(&self) -> Option<&R> {
        if self.changed { self.new.as_deref() } else { self.old.as_deref() }
    }

    pub(super) fn change(&mut self) -> Option<&mut R> {
        if !self.changed {
            self.new.clone_from(&self.old);
            self.changed = true;
        }
        self.new.as_deref_mut()
    }

    pub(super) fn set(&mut self, new: Option<R>) {
        self.replace(new);
    }

    /// As [`Held::set`]. Returns the value to which the record was changed before.
    pub(super) fn replace(&mut self, new: Option<R>) -> Option<Box<R>> {
        self.changed = true;
        std::mem::replace(&mut self.new, new.map(Box::new))
    }
}

/// Processes, each with the revision that was read.
pub(super) type Processes = BTreeMap<ProcessId, (Option<u64>, Held<ProcessRecord>)>;

/// Returns a process, and reads it if it is not held yet.
pub(super) fn held_process<'p>(
    processes: &'p mut Processes,
    store: &dyn Store,
    id: ProcessId,
) -> Result<&'p mut Held<ProcessRecord>> {
    let (_, held) = match processes.entry(id) {
        Entry::Occupied(held) => held.into_mut(),
        Entry::Vacant(place) => {
            let stored = store.process(id)?.ok_or(Error::NoProcess(id))?;
            place.insert((Some(stored.revision), Held::read(Some(stored.record))))
        }
    };
    Ok(held)
}
