//! Tracks which lists a store keeps, and fills those that an earlier release did not keep: docs/format.md, "Which
//! lists are kept".

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use serde::{Deserialize, Serialize};
use viewflow_store::{StoreError, StoreResult};

use crate::ahead::{Ahead, Locked, View};
use crate::derived::derived_in;
use crate::describe::describe;
use crate::json::json;
use crate::key;
use crate::read::Reader;
use crate::shared::Shared;
use crate::writes::Writes;

/// How many records are read, or entries removed, in one commit.
const BATCH: usize = 64;

/// A list, or a kind of list, that this release keeps.
pub(crate) struct Kept {
    pub(crate) name: &'static str,
    /// Changes whenever other records are in the list, or records are at other places in it.
    pub(crate) version: u32,
    /// The beginning of its keys.
    pub(crate) prefix: [u8; 2],
}

const fn kept(name: &'static str, letter: u8, tag: u8) -> Kept {
    Kept { name, version: 1, prefix: [letter, tag] }
}

/// All lists that this release keeps.
pub(crate) static KEPT: [Kept; 24] = [
    kept("inbox", b'l', 1),
    kept("queue", b'l', 2),
    kept("archive", b'l', 3),
    kept("tasks by status", b'l', 4),
    kept("due", b'l', 5),
    kept("signal", b'l', 6),
    kept("message", b'l', 7),
    kept("conditions", b'l', 8),
    // Version 1 had only the watched tables, by age.
    Kept { version: 2, ..kept("watching", b'l', 9) },
    kept("scope", b'l', 10),
    kept("sorted", b'l', 11),
    kept("barred", b'l', 12),
    kept("open", b'l', 13),
    kept("past", b'l', 14),
    kept("part", b'l', 15),
    kept("processes by status", b'q', 2),
    kept("children", b'q', 3),
    kept("ended", b'q', 4),
    kept("open children", b'q', 5),
    kept("started by", b'q', 6),
    kept("started by, by status", b'q', 7),
    kept("outcome", b'q', 8),
    kept("history", b't', 0),
    kept("history of a person", b't', 1),
];

/// Lists by their names, with their versions.
type Versions = BTreeMap<String, u32>;

/// How far filling has come, as it is stored.
#[derive(Serialize, Deserialize)]
struct Filling {
    lists: Versions,
    /// The key of the last record that was read; `None` while the filler still removes old entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<Vec<u8>>,
}

/// The value of `lists` in a new store.
pub(crate) fn all() -> StoreResult<Vec<u8>> {
    json(&KEPT.iter().map(|list| (list.name.to_owned(), list.version)).collect::<Versions>())
}

/// Which lists can be read.
pub(crate) struct Lists {
    /// A bit for each of [`KEPT`] that is not filled yet.
    missing: AtomicU32,
    /// The error that stopped the filling.
    failed: OnceLock<String>,
}

impl Lists {
    /// Checks which lists are filled, and removes from the note the lists that this release does not keep.
    pub(crate) fn open(reader: &Reader, shared: &Shared) -> StoreResult<Self> {
        // A note that cannot be read names no list, so all of them are filled again.
        let noted: Versions =
            reader.value(&key::lists())?.and_then(|noted| serde_json::from_slice(&noted).ok()).unwrap_or_default();
        let mut left = Versions::new();
        let mut missing = Versions::new();
        let mut bits = 0;
        for (bit, list) in KEPT.iter().enumerate() {
            let name = list.name.to_owned();
            if noted.get(list.name) == Some(&list.version) {
                left.insert(name, list.version);
            } else {
                missing.insert(name, list.version);
                bits |= 1 << bit;
            }
        }
        let begun = stored_filling(reader)?.map(|begun| begun.lists).unwrap_or_default();
        if left != noted || begun != missing {
            let filling = Filling { lists: missing, after: None };
            let note = (bits != 0).then(|| json(&filling)).transpose()?;
            let writes = Writes::from([(key::lists(), Some(json(&left)?)), (key::filling(), note)]);
            shared.alone()?.write(writes)?;
        }
        Ok(Self { missing: AtomicU32::new(bits), failed: OnceLock::new() })
    }

    /// The list under this key, if it is not filled yet.
    pub(crate) fn missing(&self, key: &[u8]) -> Option<&'static Kept> {
        let missing = self.missing.load(Ordering::Acquire);
        if missing == 0 {
            return None;
        }
        let of = |(bit, list): (usize, &'static Kept)| {
            (missing >> bit & 1 == 1 && key.starts_with(&list.prefix)).then_some(list)
        };
        KEPT.iter().enumerate().find_map(of)
    }

    /// Fails unless the list under this key is filled.
    pub(crate) fn check(&self, reader: &Reader, key: &[u8]) -> StoreResult<()> {
        let Some(list) = self.missing(key) else { return Ok(()) };
        let after = stored_filling(reader)?.and_then(|filling| filling.after);
        let through = match (self.failed.get(), after) {
            (Some(error), _) => format!("that failed: {error}"),
            (None, Some(after)) => format!("it has come to {}", describe(&after)),
            (None, None) => "it has just begun".to_owned(),
        };
        Err(StoreError::NotReady { list: list.name.to_owned(), through })
    }

    fn fill(&self, reader: &Reader, shared: &Shared, stop: &AtomicBool) -> StoreResult<()> {
        let Some(mut filling) = stored_filling(reader)? else { return Ok(()) };
        let prefixes: Vec<[u8; 2]> =
            KEPT.iter().filter(|list| filling.lists.contains_key(list.name)).map(|list| list.prefix).collect();
        let go_on = || !stop.load(Ordering::Acquire);
        if filling.after.is_none() {
            for prefix in &prefixes {
                let mut after = Bound::Unbounded;
                while go_on() && clear(reader, shared, prefix, &mut after)? {}
            }
            filling.after = Some(Vec::new());
        }
        while go_on() {
            if !fill_some(reader, shared, &prefixes, &mut filling)? {
                self.missing.store(0, Ordering::Release);
                break;
            }
        }
        Ok(())
    }
}

fn stored_filling(reader: &Reader) -> StoreResult<Option<Filling>> {
    Ok(reader.value(&key::filling())?.and_then(|note| serde_json::from_slice(&note).ok()))
}

/// Removes some entries of a list, and returns whether there may be more. It may also remove entries that other
/// commits write meanwhile: the filler finds those again when it reads the records.
fn clear(reader: &Reader, shared: &Shared, prefix: &[u8], after: &mut Bound<Vec<u8>>) -> StoreResult<bool> {
    let mut writes = Writes::new();
    reader.entries(prefix, after.clone(), BATCH, |key, _| {
        writes.insert(key.to_vec(), None);
        Ok(())
    })?;
    let Some((last, _)) = writes.last_key_value() else { return Ok(false) };
    *after = Bound::Excluded(last.clone());
    shared.alone()?.write(writes)?;
    Ok(true)
}

/// Reads some more records and adds their missing entries. Returns whether there may be more.
fn fill_some(reader: &Reader, shared: &Shared, prefixes: &[[u8; 2]], filling: &mut Filling) -> StoreResult<bool> {
    let after = filling.after.take().unwrap_or_default();
    let mut keys = Vec::new();
    // Lists are made from the records under these letters.
    for letter in [b"e", b"p", b"r"] {
        let after =
            if after.as_slice() < letter.as_slice() { Bound::Unbounded } else { Bound::Excluded(after.clone()) };
        reader.entries(letter, after, BATCH - keys.len(), |key, _| {
            keys.push(key.to_vec());
            Ok(())
        })?;
    }
    let mut ahead = Ahead::new(reader)?;
    missing_of(&ahead, &keys, prefixes)?;
    let alone = ahead.alone(shared)?;
    let mut writes = missing_of(&Locked { ahead: &ahead, alone: &alone }, &keys, prefixes)?;
    let more = keys.len() == BATCH;
    if more {
        filling.after = keys.pop();
        writes.insert(key::filling(), Some(json(filling)?));
    } else {
        writes.insert(key::filling(), None);
        writes.insert(key::lists(), Some(all()?));
    }
    alone.write(writes)?;
    Ok(more)
}

/// The entries of these lists that the records need and that do not exist. A record that cannot be read needs none.
fn missing_of(view: &dyn View, keys: &[Vec<u8>], prefixes: &[[u8; 2]]) -> StoreResult<Writes> {
    let mut writes = Writes::new();
    for key in keys {
        let entries = match derived_in(view, key) {
            Ok(entries) => entries,
            Err(StoreError::Damaged { .. }) => continue,
            Err(error) => return Err(error),
        };
        for (entry, value) in entries {
            if prefixes.iter().any(|prefix| entry.starts_with(prefix)) && view.value(&entry)?.is_none() {
                writes.insert(entry, Some(value));
            }
        }
    }
    Ok(writes)
}

/// The thread that fills lists. It ends when this is dropped; the next opening of the store continues the work.
pub(crate) struct Filler {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Filler {
    /// Starts the thread, if there is a list to fill.
    pub(crate) fn start(lists: &Arc<Lists>, reader: &Reader, shared: &Arc<Shared>) -> StoreResult<Option<Self>> {
        if lists.missing.load(Ordering::Acquire) == 0 {
            return Ok(None);
        }
        let stop = Arc::new(AtomicBool::new(false));
        let (lists, reader, shared) = (Arc::clone(lists), reader.clone(), Arc::clone(shared));
        let work = {
            let stop = Arc::clone(&stop);
            move || {
                if let Err(error) = lists.fill(&reader, &shared, &stop) {
                    let _ = lists.failed.set(error.to_string());
                }
            }
        };
        let thread = std::thread::Builder::new().name("viewflow-lists".to_owned()).spawn(work);
        Ok(Some(Self { stop, thread: Some(thread.map_err(StoreError::io)?) }))
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // The thread does not panic, and nobody is left to receive an error.
            let _ = thread.join();
        }
    }
}
