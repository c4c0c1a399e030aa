//! Reads records and entries: first the recent commits in memory, then the tree. No lock is held while the tree is
//! read, unless the caller holds it.

use std::borrow::Cow;
use std::ops::Bound;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use viewflow_store::{StoreResult, Stored};

use crate::bundle;
use crate::frame::Head;
use crate::json::{What, cut_short, damaged, parse};
use crate::key;
use crate::overlay::{Found, Scan};
use crate::parts;
use crate::shared::{Shared, State};
use crate::tree::Tree;

/// How many entries are read at a time.
const CHUNK: usize = 256;

/// Records of a bundle, by their numbers.
pub(crate) type Records<'c> = Vec<(u32, Cow<'c, [u8]>)>;

/// A record that was read and is not parsed yet.
pub(crate) struct Content {
    pub(crate) revision: u64,
    /// How many pieces follow the head.
    pub(crate) pieces: u32,
    pub(crate) bytes: Vec<u8>,
}

impl Content {
    pub(crate) fn parse<R: DeserializeOwned>(&self, what: What) -> StoreResult<Stored<R>> {
        Ok(Stored { revision: self.revision, record: parse(&self.bytes, what)? })
    }
}

pub(crate) fn last_u64(key: &[u8], prefix: usize) -> StoreResult<u64> {
    let number = key.get(prefix..).and_then(|rest| parts::KeyReader(rest).u64());
    number.ok_or_else(|| cut_short("an entry of a list"))
}

/// Reads a store: the recent commits, and the tree below them.
#[derive(Clone)]
pub(crate) struct Reader {
    tree: Tree,
    shared: Arc<Shared>,
}

impl Reader {
    pub(crate) fn new(tree: Tree, shared: Arc<Shared>) -> Self {
        Self { tree, shared }
    }

    /// The value of a key.
    pub(crate) fn value(&self, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        let state = self.shared.running()?;
        if let Some(value) = state.overlay.get(key) {
            return Ok(value.clone());
        }
        drop(state);
        self.stored(key)
    }

    /// The value of a key in the tree.
    pub(crate) fn stored(&self, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        self.shared.counters.add_value();
        self.tree.get(key)
    }

    /// The value of a key in the tree, while nobody else can commit.
    pub(crate) fn stored_under(&self, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        self.shared.counters.add_waited();
        self.stored(key)
    }

    /// The value of a key, while nobody else can commit.
    fn value_under(&self, state: &State, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        match state.overlay.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.stored_under(key),
        }
    }

    /// The content of a record. If the record changes between the reading of two pieces, it is read again.
    pub(crate) fn content(&self, key: &[u8], what: What) -> StoreResult<Option<Content>> {
        let read = assemble(key, self.value(key)?, &|key| self.value(key), what);
        read.or_else(|_| self.content_under(&*self.shared.running()?, key, what))
    }

    /// The content of a record, while nobody else can commit.
    fn content_under(&self, state: &State, key: &[u8], what: What) -> StoreResult<Option<Content>> {
        let get = |key: &[u8]| self.value_under(state, key);
        assemble(key, get(key)?, &get, what)
    }

    /// Reads a record with its revision.
    pub(crate) fn record<R: DeserializeOwned>(&self, key: &[u8], what: What) -> StoreResult<Option<Stored<R>>> {
        self.content(key, what)?.map(|content| content.parse(what)).transpose()
    }

    /// A process or a task, read from its bundle, with the revision of the bundle.
    pub(crate) fn bundled<R: DeserializeOwned>(
        &self,
        bundle: bundle::BundleId,
        number: u32,
        what: What,
    ) -> StoreResult<Option<Stored<R>>> {
        let Some(content) = self.content(&bundle.key(), what)? else { return Ok(None) };
        let record = self.of_bundle(bundle, &content, |found| found == number, what)?.pop();
        let record = record.map(|(_, record)| Ok(Stored { revision: content.revision, record: parse(&record, what)? }));
        record.transpose()
    }

    /// Some records of a bundle whose content was read, including those that stand aside.
    pub(crate) fn of_bundle<'c>(
        &self,
        bundle: bundle::BundleId,
        content: &'c Content,
        wanted: impl Fn(u32) -> bool,
        what: What,
    ) -> StoreResult<Records<'c>> {
        let read = gather(bundle, content, &wanted, &|key| self.content(key, what), what);
        // Records may have moved out of the bundle or into it since it was read.
        read.or_else(|_| {
            let state = self.shared.running()?;
            let Some(content) = self.content_under(&state, &bundle.key(), what)? else { return Ok(Records::new()) };
            let now = gather(bundle, &content, &wanted, &|key| self.content_under(&state, key, what), what)?;
            Ok(now.into_iter().map(|(number, record)| (number, Cow::Owned(record.into_owned()))).collect())
        })
    }

    /// Visits the entries with a prefix after a key, at most `limit` of them.
    pub(crate) fn entries(
        &self,
        prefix: &[u8],
        after: Bound<Vec<u8>>,
        limit: usize,
        mut visit: impl FnMut(&[u8], Vec<u8>) -> StoreResult<()>,
    ) -> StoreResult<()> {
        let mut after = after;
        let mut left = limit;
        while left > 0 {
            let found = self.some_entries(prefix, &after, left.min(CHUNK))?;
            left -= found.entries.len();
            for (key, value) in found.entries {
                visit(&key, value)?;
            }
            match found.next {
                Some(next) => after = next,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// Some of the first entries with a prefix after a key. Notes long runs of removed keys, so that the next scan
    /// skips them.
    pub(crate) fn some_entries(&self, prefix: &[u8], after: &Bound<Vec<u8>>, limit: usize) -> StoreResult<Found> {
        let state = self.shared.running()?;
        let scan = state.overlay.scan(prefix, after, limit);
        drop(state);
        let mut found = scan.read(&self.tree)?;
        self.shared.counters.add_walked(found.walked);
        if let Some(dead) = found.dead.take() {
            self.shared.state().overlay.note(dead);
        }
        Ok(found)
    }

    /// Reads from the tree the part that a scan has not read yet, while nobody else can commit.
    pub(crate) fn scan_under(&self, scan: Scan) -> StoreResult<Found> {
        self.shared.counters.add_waited();
        let found = scan.read(&self.tree)?;
        self.shared.counters.add_walked(found.walked);
        Ok(found)
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Reads an item from the rest of each key with a prefix, after a key.
    pub(crate) fn listed<N>(
        &self,
        prefix: &[u8],
        after: Bound<Vec<u8>>,
        limit: usize,
        read: impl Fn(&[u8]) -> Option<N>,
    ) -> StoreResult<Vec<N>> {
        let mut found = Vec::new();
        self.entries(prefix, after, limit, |key, _| {
            found.push(read(&key[prefix.len()..]).ok_or_else(|| cut_short("an entry of a list"))?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Reads each distinct item among the keys with a prefix, once. Leaps from one item to the next, without
    /// reading the keys between them.
    pub(crate) fn leaps<N>(
        &self,
        prefix: &[u8],
        after: Option<&N>,
        limit: usize,
        beyond: impl Fn(&N) -> Vec<u8>,
        read: impl Fn(&[u8]) -> Option<N>,
    ) -> StoreResult<Vec<N>> {
        let mut found: Vec<N> = Vec::new();
        while found.len() < limit {
            let first = found.last().or(after).map_or(Bound::Unbounded, |last| Bound::Excluded(beyond(last)));
            match self.listed(prefix, first, 1, &read)?.pop() {
                Some(next) => found.push(next),
                None => break,
            }
        }
        Ok(found)
    }

    /// Visits the contents of the records with a prefix after a key, until `visit` returns `false`.
    pub(crate) fn contents(
        &self,
        prefix: &[u8],
        after: Bound<Vec<u8>>,
        at_a_time: usize,
        what: What,
        mut visit: impl FnMut(&[u8], Content) -> StoreResult<bool>,
    ) -> StoreResult<()> {
        let mut after = after;
        let wanted = at_a_time.clamp(1, CHUNK);
        loop {
            let mut found = Vec::new();
            self.entries(prefix, after, wanted, |key, value| {
                found.push((key.to_vec(), value));
                Ok(())
            })?;
            let Some((last, _)) = found.last() else { return Ok(()) };
            after = Bound::Excluded(last.clone());
            let is_last = found.len() < wanted;
            for (key, value) in found {
                let content = match assemble(&key, Some(value), &|key| self.value(key), what) {
                    Ok(content) => content,
                    // The record may have changed, or gone, since its head was read.
                    Err(_) => self.content_under(&*self.shared.running()?, &key, what)?,
                };
                if let Some(content) = content
                    && !visit(&key, content)?
                {
                    return Ok(());
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// At most `limit` parsed records with a prefix after a key.
    pub(crate) fn records<R: DeserializeOwned>(
        &self,
        prefix: &[u8],
        after: Bound<Vec<u8>>,
        limit: usize,
        what: What,
    ) -> StoreResult<Vec<(Vec<u8>, Stored<R>)>> {
        let mut records = Vec::new();
        if limit > 0 {
            self.contents(prefix, after, limit, what, |key, content| {
                records.push((key.to_vec(), content.parse(what)?));
                Ok(records.len() < limit)
            })?;
        }
        Ok(records)
    }
}

/// Collects some records of a bundle; `get` reads those that stand aside.
pub(crate) fn gather<'c>(
    bundle: bundle::BundleId,
    content: &'c Content,
    wanted: &dyn Fn(u32) -> bool,
    get: &dyn Fn(&[u8]) -> StoreResult<Option<Content>>,
    what: What,
) -> StoreResult<Records<'c>> {
    let whole = |(number, record): (u32, &'c [u8])| {
        if !record.is_empty() {
            return Ok((number, Cow::Borrowed(record)));
        }
        let aside = get(&key::aside(bundle.process, number))?;
        let aside = aside.ok_or_else(|| damaged(what(), "a part of it is missing".to_owned()))?;
        Ok((number, Cow::Owned(aside.bytes)))
    };
    bundle::records(&content.bytes).filter(|(number, _)| wanted(*number)).map(whole).collect()
}

/// Assembles the content of a record from its head and the pieces that `get` finds.
pub(crate) fn assemble(
    key: &[u8],
    value: Option<Vec<u8>>,
    get: &dyn Fn(&[u8]) -> StoreResult<Option<Vec<u8>>>,
    what: What,
) -> StoreResult<Option<Content>> {
    let Some(value) = value else { return Ok(None) };
    let wrong = |detail: &str| damaged(what(), detail.to_owned());
    let head = Head::read(&value).map_err(wrong)?;
    let mut pieces = Vec::new();
    for number in 0..head.pieces() {
        pieces.push(get(&key::piece(key, number))?.ok_or_else(|| wrong("a part of it is missing"))?);
    }
    let bytes = head.content(key, &pieces).map_err(wrong)?;
    Ok(Some(Content { revision: head.revision, pieces: head.pieces(), bytes }))
}
