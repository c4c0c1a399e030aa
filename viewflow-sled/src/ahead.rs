//! Reads what a commit relies on before others have to wait for it, so that nobody waits for the disk while the
//! state is locked.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Bound;

use viewflow_store::StoreResult;

use crate::bundle::BundleId;
use crate::json::What;
use crate::overlay::Found;
use crate::read::{Content, Reader, Records, assemble, gather};
use crate::shared::{Alone, Shared, State};

/// How many entries are read at a time.
const SOME: usize = 32;
/// How often values are read again, because the tree was written meanwhile, before others have to wait for the
/// reading.
const TRIES: u32 = 3;
/// The most keys to look up at a time while the state is locked.
const AT_A_TIME: usize = 128;

/// A key with its value.
pub(crate) type Entry = (Vec<u8>, Vec<u8>);

/// A view of the current values and entries.
pub(crate) trait View {
    /// The value of a key.
    fn value(&self, key: &[u8]) -> StoreResult<Option<Vec<u8>>>;

    /// Some of the first entries with a prefix after a key.
    fn some_entries(&self, prefix: &[u8], after: &Bound<Vec<u8>>) -> StoreResult<Found>;
}

impl dyn View + '_ {
    /// The entries with a prefix, read some at a time as the caller needs them.
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

    /// The content of the record with this head.
    pub(crate) fn content_of(&self, key: &[u8], head: Option<Vec<u8>>, what: What) -> StoreResult<Option<Content>> {
        assemble(key, head, &|key| self.value(key), what)
    }

    /// All records of a bundle.
    pub(crate) fn of_bundle<'c>(&self, id: BundleId, content: &'c Content, what: What) -> StoreResult<Records<'c>> {
        gather(id, content, &|_| true, &|key| self.content(key, what), what)
    }
}

/// Reads ahead, and keeps all that it reads for the time when nobody else can commit.
pub(crate) struct Ahead<'r> {
    reader: &'r Reader,
    /// See [`thawed`](crate::overlay::Overlay::thawed).
    thawed: u64,
    values: RefCell<BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
    /// Keys that were wanted and that the overlay knew.
    in_memory: RefCell<Vec<Vec<u8>>>,
    /// Entries by their prefix.
    entries: RefCell<BTreeMap<Vec<u8>, Known>>,
}

/// The entries with a prefix, as far as they were read.
#[derive(Default)]
struct Known {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    /// From here on the entries are not known; `None` if there are no more.
    next: Option<Bound<Vec<u8>>>,
}

impl Known {
    /// All entries with the prefix, if there are few. Most unique values and references have none or one.
    fn all(&self, state: &State, prefix: &[u8]) -> Option<Found> {
        if self.next.is_some() || self.entries.len() > SOME {
            return None;
        }
        let mut all = self.entries.clone();
        for (key, value) in state.overlay.few(prefix, SOME)? {
            match value {
                Some(value) => drop(all.insert(key.clone(), value.clone())),
                None => drop(all.remove(key)),
            }
        }
        Some(Found { entries: all.into_iter().collect(), next: None, dead: None, walked: 0 })
    }
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

    /// Reads the values of those keys that the overlay does not know.
    pub(crate) fn read(&self, keys: impl Iterator<Item = Vec<u8>>) -> StoreResult<()> {
        let keys: Vec<_> = keys.collect();
        for keys in keys.chunks(AT_A_TIME) {
            let state = self.reader.shared().running()?;
            let (in_memory, stored): (Vec<_>, Vec<_>) = keys.iter().partition(|key| state.overlay.get(key).is_some());
            drop(state);
            self.in_memory.borrow_mut().extend(in_memory.into_iter().cloned());
            for key in stored {
                let value = self.reader.stored(key)?;
                self.values.borrow_mut().insert(key.clone(), value);
            }
        }
        Ok(())
    }

    /// Keeps others from committing, once there is room for a commit and the values read ahead are current.
    pub(crate) fn alone<'s>(&mut self, shared: &'s Shared) -> StoreResult<Alone<'s>> {
        for _ in 0..TRIES {
            let alone = shared.alone()?;
            let thawed = shared.state().overlay.thawed();
            if self.thawed == thawed {
                return Ok(alone);
            }
            self.thawed = thawed;
            drop(alone);
            self.read_again()?;
        }
        shared.alone()
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

/// A view while nobody else can commit. All that the overlay does not know was read ahead.
pub(crate) struct Locked<'l> {
    pub(crate) ahead: &'l Ahead<'l>,
    pub(crate) alone: &'l Alone<'l>,
}

impl Locked<'_> {
    /// Whether the values read ahead are current, where the overlay has no newer ones.
    fn holds(&self, state: &State) -> bool {
        self.ahead.thawed == state.overlay.thawed()
    }
}

impl View for Locked<'_> {
    fn value(&self, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        let state = self.alone.shared().state();
        if let Some(value) = state.overlay.get(key) {
            return Ok(value.clone());
        }
        let holds = self.holds(&state);
        drop(state);
        match self.ahead.values.borrow().get(key) {
            Some(known) if holds => Ok(known.clone()),
            _ => self.ahead.reader.stored_under(key),
        }
    }

    fn some_entries(&self, prefix: &[u8], after: &Bound<Vec<u8>>) -> StoreResult<Found> {
        let known = self.ahead.entries.borrow();
        let state = self.alone.shared().state();
        let known = known.get(prefix).filter(|_| self.holds(&state));
        let all = known.filter(|_| *after == Bound::Unbounded).and_then(|known| known.all(&state, prefix));
        if let Some(all) = all {
            return Ok(all);
        }
        let mut scan = state.overlay.scan(prefix, after, SOME);
        drop(state);
        match known {
            Some(known) if scan.ends_within(known.next.as_ref()) => scan.read_known(&known.entries),
            _ => self.ahead.reader.scan_under(scan),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::collection::{btree_map, vec};
    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::journal::Journal;
    use crate::options::Options;
    use crate::tree::Tree;
    use crate::writes::Writes;

    type Model = BTreeMap<Vec<u8>, Vec<u8>>;

    fn key() -> impl Strategy<Value = Vec<u8>> {
        (prop::sample::select(vec![1_u8, 7]), 0..60_u8).prop_map(|(first, second)| vec![first, second])
    }

    fn writes() -> impl Strategy<Value = Writes> {
        btree_map(key(), option::weighted(0.4, vec(any::<u8>(), 0..3)), 0..60)
    }

    /// Commits, each with a flag: whether everything is put into the tree after it.
    fn commits() -> impl Strategy<Value = Vec<(Writes, bool)>> {
        vec((writes(), any::<bool>()), 0..3)
    }

    struct Tried {
        tree: Tree,
        shared: Arc<Shared>,
        model: Model,
    }

    impl Tried {
        fn commit(&mut self, commits: Vec<(Writes, bool)>) {
            for (writes, put) in commits {
                for (key, value) in writes.clone() {
                    match value {
                        Some(value) => drop(self.model.insert(key, value)),
                        None => drop(self.model.remove(&key)),
                    }
                }
                let alone = self.shared.alone().unwrap();
                alone.take(Vec::new(), writes);
                drop(alone);
                if put {
                    let frozen = self.shared.state().overlay.freeze();
                    self.tree.write_as_they_are(&frozen).unwrap();
                    drop(self.shared.state().overlay.thaw());
                }
            }
        }

        fn entries(&self, prefix: u8) -> Vec<Entry> {
            let all = self.model.iter().filter(|(key, _)| key[0] == prefix);
            all.map(|(key, value)| (key.clone(), value.clone())).collect()
        }
    }

    proptest! {
        #[test]
        fn what_was_read_ahead_is_as_it_is_now(
            stored in btree_map(key(), vec(any::<u8>(), 0..3), 0..100),
            (before, meanwhile) in (commits(), commits()),
            keys in vec(key(), 0..20),
            asked in vec((prop::sample::select(vec![1_u8, 7]), 0..100_usize), 0..3),
            again in any::<bool>(),
        ) {
            let (directory, db) = (tempfile::tempdir().unwrap(), sled::Config::new().temporary(true).open().unwrap());
            let shared = Arc::new(Shared::new(0, Journal::open(directory.path()).unwrap(), &Options::default()));
            let tree = Tree((*db).clone());
            tree.write_as_they_are(&stored.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect()).unwrap();
            let reader = Reader::new(tree.clone(), Arc::clone(&shared));
            let mut tried = Tried { tree, shared, model: stored };
            tried.commit(before);
            let mut ahead = Ahead::new(&reader).unwrap();
            ahead.read(keys.iter().cloned()).unwrap();
            for (prefix, some) in &asked {
                let found: Vec<_> = (&ahead as &dyn View).entries(&[*prefix]).take(*some).collect::<StoreResult<_>>().unwrap();
                prop_assert_eq!(&found, &tried.entries(*prefix)[..found.len()]);
            }
            tried.commit(meanwhile);
            // Without reading again, a value may be older than one that has left the overlay for the tree.
            let alone = if again { ahead.alone(&tried.shared).unwrap() } else { tried.shared.alone().unwrap() };
            let waited = tried.shared.counters.counts().waited;
            let view: &dyn View = &Locked { ahead: &ahead, alone: &alone };
            for key in &keys {
                prop_assert_eq!(view.value(key).unwrap(), tried.model.get(key).cloned());
            }
            prop_assert!(!again || tried.shared.counters.counts().waited == waited, "the tree is read again");
            for (prefix, some) in asked {
                let found: Vec<_> = view.entries(&[prefix]).take(some / 2).collect::<StoreResult<_>>().unwrap();
                let all = tried.entries(prefix);
                prop_assert_eq!(&found[..], &all[..all.len().min(some / 2)]);
            }
            let all = (0..60).flat_map(|second| [vec![1, second], vec![7, second]]);
            for key in all {
                prop_assert_eq!(view.value(&key).unwrap(), tried.model.get(&key).cloned());
            }
            for prefix in [1, 7] {
                let found: Vec<_> = view.entries(&[prefix]).collect::<StoreResult<_>>().unwrap();
                prop_assert_eq!(found, tried.entries(prefix));
            }
        }
    }
}
