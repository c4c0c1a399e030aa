//! What a commit relies on, read before others have to wait for it: nobody waits for a disk while the state is held.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::MutexGuard;

use viewflow_core::store::StoreResult;

use crate::bundle::BundleId;
use crate::json::What;
use crate::overlay::Found;
use crate::read::{Content, Reader, Records, assemble, gather};
use crate::shared::{Shared, State};

/// How many entries are read at a time.
const SOME: usize = 32;
/// How often is read again what the tree has got meanwhile, before others have to wait for it.
const TRIES: u32 = 3;

/// A key with its value.
pub(crate) type Entry = (Vec<u8>, Vec<u8>);

/// Values and entries, as they are now.
pub(crate) trait View {
    /// The value of a key.
    fn value(&self, key: &[u8]) -> StoreResult<Option<Vec<u8>>>;

    /// Some of the first entries with a prefix after a key.
    fn some_entries(&self, prefix: &[u8], after: &Bound<Vec<u8>>) -> StoreResult<Found>;
}

impl dyn View + '_ {
    /// The entries with a prefix, read some at a time as they are asked for.
    pub(crate) fn entries<'v>(&'v self, prefix: &'v [u8]) -> impl Iterator<Item = StoreResult<Entry>> + 'v {
        let mut next = Some(Bound::Unbounded);
        std::iter::from_fn(move || {
            let after = next.take()?;
            Some(match self.some_entries(prefix, &after) {
                Ok(found) => {
                    next = found.next;
                    found.entries.into_iter().map(Ok).collect()
                }
                Err(error) => vec![Err(error)],
            })
        })
        .flatten()
    }

    /// The content of a record.
    pub(crate) fn content(&self, key: &[u8], what: What) -> StoreResult<Option<Content>> {
        self.content_of(key, self.value(key)?, what)
    }

    /// The content of a record, whose head is this value.
    pub(crate) fn content_of(&self, key: &[u8], head: Option<Vec<u8>>, what: What) -> StoreResult<Option<Content>> {
        assemble(key, head, &|key| self.value(key), what)
    }

    /// All records of a bundle.
    pub(crate) fn of_bundle<'c>(&self, id: BundleId, content: &'c Content, what: What) -> StoreResult<Records<'c>> {
        gather(id, content, &|_| true, &|key| self.content(key, what), what)
    }
}

/// Reads ahead: what was read is known when nobody else can commit.
pub(crate) struct Ahead<'r> {
    reader: &'r Reader,
    /// See [`thawed`](crate::overlay::Overlay::thawed).
    thawed: u64,
    values: RefCell<BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
    /// Those that were asked for and known in memory.
    in_memory: RefCell<Vec<Vec<u8>>>,
    /// Entries by their prefix.
    entries: RefCell<BTreeMap<Vec<u8>, Known>>,
}

/// Entries with a prefix, as far as they were read.
#[derive(Default)]
struct Known {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    /// From where on they are not known; none: there are no more of them.
    next: Option<Bound<Vec<u8>>>,
}

impl<'r> Ahead<'r> {
    pub(crate) fn new(reader: &'r Reader) -> StoreResult<Self> {
        let thawed = reader.shared().running()?.overlay.thawed();
        Ok(Self {
            reader,
            thawed,
            values: RefCell::default(),
            in_memory: RefCell::default(),
            entries: RefCell::default(),
        })
    }

    /// Reads the values of those keys that are not known in memory.
    pub(crate) fn read(&self, keys: impl Iterator<Item = Vec<u8>>) -> StoreResult<()> {
        let state = self.reader.shared().running()?;
        let (in_memory, stored): (Vec<_>, Vec<_>) = keys.partition(|key| state.overlay.get(key).is_some());
        drop(state);
        self.in_memory.borrow_mut().extend(in_memory);
        for key in stored {
            let value = self.reader.stored(&key)?;
            self.values.borrow_mut().insert(key, value);
        }
        Ok(())
    }

    /// The state, once there is room for a commit and what was read is still so.
    pub(crate) fn state<'s>(&mut self, shared: &'s Shared) -> StoreResult<MutexGuard<'s, State>> {
        for _ in 0..TRIES {
            let state = shared.state_with_room()?;
            if self.thawed == state.overlay.thawed() {
                return Ok(state);
            }
            self.thawed = state.overlay.thawed();
            drop(state);
            self.read_again()?;
        }
        shared.state_with_room()
    }

    fn read_again(&self) -> StoreResult<()> {
        let keys = self.values.take().into_keys();
        self.read(keys.chain(self.in_memory.take()))?;
        for (prefix, known) in self.entries.take() {
            let mut read = (self as &dyn View).entries(&prefix).take(known.entries.len() + 1);
            read.try_for_each(|entry| entry.map(drop))?;
        }
        Ok(())
    }
}

impl View for Ahead<'_> {
    fn value(&self, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        if let Some(known) = self.values.borrow().get(key) {
            return Ok(known.clone());
        }
        let value = self.reader.value(key)?;
        self.values.borrow_mut().insert(key.to_vec(), value.clone());
        Ok(value)
    }

    fn some_entries(&self, prefix: &[u8], after: &Bound<Vec<u8>>) -> StoreResult<Found> {
        let found = self.reader.some_entries(prefix, after, SOME)?;
        let mut known = self.entries.borrow_mut();
        let known = known.entry(prefix.to_vec()).or_default();
        known.entries.extend(found.entries.iter().cloned());
        known.next.clone_from(&found.next);
        Ok(found)
    }
}

/// What is there while nobody else can commit: what the overlay does not know was read ahead.
pub(crate) struct Locked<'l> {
    pub(crate) ahead: &'l Ahead<'l>,
    pub(crate) state: &'l State,
}

impl Locked<'_> {
    /// Whether what was read ahead, and the overlay does not know, is still so.
    fn holds(&self) -> bool {
        self.ahead.thawed == self.state.overlay.thawed()
    }
}

impl View for Locked<'_> {
    fn value(&self, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        if let Some(value) = self.state.overlay.get(key) {
            return Ok(value.clone());
        }
        match self.ahead.values.borrow().get(key) {
            Some(known) if self.holds() => Ok(known.clone()),
            _ => self.ahead.reader.stored_under(key),
        }
    }

    fn some_entries(&self, prefix: &[u8], after: &Bound<Vec<u8>>) -> StoreResult<Found> {
        let mut scan = self.state.overlay.scan(prefix, after, SOME);
        match self.ahead.entries.borrow().get(prefix) {
            Some(known) if self.holds() && scan.ends_within(known.next.as_ref()) => scan.read_known(&known.entries),
            _ => self.ahead.reader.scan_under(scan),
        }
    }
}
