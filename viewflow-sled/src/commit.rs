//! Takes a commit in two steps. First it prepares all that it can. Then, while nobody else can commit, it checks
//! the commit's expectations and takes its writes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use viewflow_store::{Commit, Receipt, StoreError, StoreResult, check_limits};

use crate::ahead::{Ahead, Locked, View};
use crate::bundle::{BundleId, Changes};
use crate::conflict::{check, read_ahead, stamps_hold};
use crate::describe::of_process;
use crate::draft::Draft;
use crate::encode::Encoded;
use crate::forget::Forgotten;
use crate::frame::Head;
use crate::journal;
use crate::json::damaged;
use crate::key;
use crate::numbers::Numbers;
use crate::options::{Moment, Trace};
use crate::read::Reader;
use crate::run::{OWN, Run, Whose};
use crate::shared::Shared;
use crate::writes::Writes;

/// The longest key, in bytes: docs/format.md, "Limits".
pub(crate) const MAX_KEY: usize = 384;

/// Takes the commits of a store.
pub(crate) struct Committer {
    reader: Reader,
    shared: Arc<Shared>,
    numbers: Mutex<Numbers>,
    trace: Option<Trace>,
}

/// A commit, prepared as far as possible before others have to wait.
struct Prepared {
    /// Each with the numbers of the records that no longer stand aside.
    bundles: Vec<(Draft, Vec<u32>, BundleId, Changes)>,
    records: Vec<Draft>,
    runs: Vec<(Draft, Whose, Run)>,
    entries: Writes,
    forgotten: Vec<Forgotten>,
}

impl Committer {
    pub(crate) fn new(reader: Reader, shared: Arc<Shared>, trace: Option<Trace>) -> Self {
        Self { reader, shared, numbers: Mutex::default(), trace }
    }

    pub(crate) fn take(&self, commit: &Commit) -> StoreResult<Receipt> {
        check_limits(commit)?;
        let mut encoded = Encoded::of(commit)?;
        let (log, used) = (encoded.log, std::mem::take(&mut encoded.numbers));
        let mut ahead = Ahead::new(&self.reader)?;
        read_ahead(&ahead, commit)?;
        let prepared = self.prepare(encoded, &ahead)?;
        self.read_numbers(&used)?;
        let alone = ahead.alone(&self.shared)?;
        let view = Locked { ahead: &ahead, alone: &alone };
        let numbers = self.numbers();
        if !stamps_hold(&numbers, commit) {
            return Err(StoreError::Conflict);
        }
        let log_ahead = numbers.known_ahead();
        drop(numbers);
        check(&view, commit)?;
        let shared = Arc::clone(&self.shared);
        if commit.changes.is_empty() && commit.events.is_empty() {
            // A caller that only reads may pass on what it saw, so it waits until that is durable.
            let seen = alone.last();
            return Ok(Receipt::new(move || shared.wait(seen)));
        }
        let number = alone.next();
        let mut writes = finish(prepared, &view, number, log_ahead)?;
        let mut numbers = self.numbers();
        let moved = numbers.moved_ahead(log, number);
        writes.extend(moved.map(|ahead| (key::log_ahead(), Some(ahead.to_be_bytes().to_vec()))));
        numbers.save(used, &mut writes);
        drop(numbers);
        if let Some(trace) = &self.trace {
            trace(&writes);
        }
        let keys = writes.len();
        let record = journal::record(number, &writes);
        // Locked until the commit is taken, so that a thread that sees the new stamps also sees the commit.
        let mut numbers = self.numbers();
        numbers.note(commit, number, moved);
        let taken = alone.take(record, writes);
        drop(numbers);
        drop(alone);
        self.shared.tell(Moment::Over(keys));
        Ok(Receipt::new(move || shared.wait(taken)))
    }

    /// Reads the needed numbers before others have to wait, so that nobody waits for the disk.
    fn read_numbers(&self, used: &[(Option<String>, u64)]) -> StoreResult<()> {
        let mut numbers = self.numbers();
        numbers.log_ahead(&self.reader)?;
        used.iter().try_for_each(|(of, _)| numbers.last(&self.reader, of.clone()).map(drop))
    }

    /// Gives out the next number: of this table's rows, or of processes for `None`.
    pub(crate) fn next_number(&self, table: Option<&str>) -> StoreResult<u64> {
        drop(self.shared.running()?);
        self.numbers().next(&self.reader, table)
    }

    /// The number of the last commit in the log.
    pub(crate) fn last_logged(&self) -> StoreResult<u64> {
        let ahead = self.numbers().log_ahead(&self.reader)?;
        Ok(self.shared.running()?.commits + ahead)
    }

    pub(crate) fn table_stamp(&self, table: &str) -> u64 {
        self.numbers().stamp(table)
    }

    pub(crate) fn index_stamp(&self, table: &str, field: &str, key: &[u8]) -> u64 {
        self.numbers().index_stamp(table, field, key)
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lays out records and computes their checksums.
    fn prepare(&self, encoded: Encoded, ahead: &Ahead) -> StoreResult<Prepared> {
        let mut bundles = Vec::with_capacity(encoded.bundles.len());
        for (id, changes) in encoded.bundles {
            let old = self.reader.content(&id.key(), &of_process(id.process))?;
            let (draft, brought_in) = Draft::of_bundle(id, &changes, old.as_ref())?;
            bundles.push((draft, brought_in, id, changes));
        }
        let aside = bundles.iter().flat_map(|(_, brought_in, id, _)| brought_in.iter().map(|of| (id.process, *of)));
        let heads = bundles.iter().map(|(draft, ..)| draft.key.clone());
        let heads = heads.chain(aside.map(|(process, of)| key::aside(process, of)));
        ahead.read(heads.chain(encoded.records.iter().map(|(key, _)| key.clone())))?;
        let draft = |(key, content): (Vec<u8>, Option<Vec<u8>>)| Draft::of(key, content.as_deref(), None);
        let records = encoded.records.into_iter().map(draft).collect::<StoreResult<Vec<_>>>()?;
        check_keys(encoded.entries.keys().chain(records.iter().map(|draft| &draft.key)))?;
        let draft = |(whose, run): (Whose, Run)| Ok((Draft::of(whose.key(), Some(&run.content()?), None)?, whose, run));
        let runs = encoded.runs.into_iter().map(draft).collect::<StoreResult<Vec<_>>>()?;
        let forget = |(process, through)| Forgotten::read(ahead, process, through);
        let forgotten = encoded.forgotten.into_iter().map(forget).collect::<StoreResult<_>>()?;
        Ok(Prepared { bundles, records, runs, entries: encoded.entries, forgotten })
    }
}

/// The writes of the commit with this number.
fn finish(prepared: Prepared, view: &dyn View, number: u64, log_ahead: u64) -> StoreResult<Writes> {
    let mut writes = prepared.entries;
    for (mut draft, mut brought_in, id, changes) in prepared.bundles {
        if head(view, &draft.key)? != draft.old {
            let old = view.content(&draft.key, &of_process(id.process))?;
            (draft, brought_in) = Draft::of_bundle(id, &changes, old.as_ref())?;
        }
        draft.finish(&mut writes, number);
        for aside in brought_in {
            let key = key::aside(id.process, aside);
            let old = head(view, &key)?;
            Draft::of(key, None, old)?.finish(&mut writes, number);
        }
    }
    for forgotten in prepared.forgotten {
        writes.extend(forgotten.writes(view)?);
    }
    for mut draft in prepared.records {
        draft.old = head(view, &draft.key)?;
        draft.finish(&mut writes, number);
    }
    for (draft, mut whose, run) in prepared.runs {
        if whose.commit == OWN {
            whose.commit = number + log_ahead;
        }
        writes.insert(run.in_log(whose), Some(Vec::new()));
        // An event is written once, so the old record needs no removal.
        draft.finish(&mut writes, whose.commit);
    }
    Ok(writes)
}

/// The revision of a record, and how many pieces follow its head.
fn head(view: &dyn View, key: &[u8]) -> StoreResult<Option<(u64, u32)>> {
    let Some(value) = view.value(key)? else { return Ok(None) };
    let head = Head::read(&value).map_err(|detail| damaged("a record".to_owned(), detail.to_owned()))?;
    Ok(Some((head.revision, head.pieces())))
}

fn check_keys<'k>(mut keys: impl Iterator<Item = &'k Vec<u8>>) -> StoreResult<()> {
    match keys.find(|key| key.len() > MAX_KEY) {
        None => Ok(()),
        Some(key) => {
            let detail = format!("it makes a key of {} bytes, and {MAX_KEY} are the most", key.len());
            Err(StoreError::TooLarge { what: "a name or an indexed value".to_owned(), detail })
        }
    }
}
