//! Takes a commit: what can be prepared is prepared first; then, while nobody else can commit, what it relies on is
//! compared and its writes are taken.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use viewflow_core::store::{Commit, Receipt, StoreResult, check_limits};
use viewflow_core::{ProcessId, StoreError};

use crate::bundle::{BundleId, Changes};
use crate::conflict::check;
use crate::describe::of_process;
use crate::draft::Draft;
use crate::encode::Encoded;
use crate::frame::Head;
use crate::json::damaged;
use crate::key;
use crate::numbers::Numbers;
use crate::options::Trace;
use crate::read::Reader;
use crate::run::{OWN, Run, Whose};
use crate::shared::{Shared, State};
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

/// A commit as far as it can be prepared before others have to wait.
struct Prepared {
    /// With the numbers of the records that stand aside no longer.
    bundles: Vec<(Draft, Vec<u32>, BundleId, Changes)>,
    records: Vec<Draft>,
    runs: Vec<(Draft, Whose, Run)>,
    entries: Writes,
    /// Processes whose first events are forgotten, with the number of the last one.
    forgotten: Vec<(ProcessId, u32)>,
}

impl Committer {
    pub(crate) fn new(reader: Reader, shared: Arc<Shared>, trace: Option<Trace>) -> Self {
        Self { reader, shared, numbers: Mutex::default(), trace }
    }

    pub(crate) fn take(&self, commit: &Commit) -> StoreResult<Receipt> {
        check_limits(commit)?;
        let mut encoded = Encoded::of(commit)?;
        let (log, used) = (encoded.log, std::mem::take(&mut encoded.numbers));
        let prepared = self.prepare(encoded)?;
        let mut numbers = self.numbers();
        let ahead = numbers.log_ahead(&self.reader)?;
        // Read before the lock, so that nobody waits for a disk.
        for (of, _) in &used {
            numbers.last(&self.reader, of.clone())?;
        }
        let mut state = self.shared.state_with_room()?;
        check(&self.reader, &state, &numbers, commit)?;
        if commit.changes.is_empty() && commit.events.is_empty() {
            // Who has only looked has seen what others committed, and may tell of it.
            let (seen, shared) = (state.last(), Arc::clone(&self.shared));
            return Ok(Receipt::new(move || shared.wait(seen)));
        }
        let number = state.commits + 1;
        let mut writes = self.finish(prepared, &state, number, ahead)?;
        numbers.note_log(log, number, &mut writes);
        numbers.note(commit, used, number, &mut writes);
        if let Some(trace) = &self.trace {
            trace(&writes);
        }
        let taken = state.take(writes);
        drop(numbers);
        self.shared.wake_writer(state);
        let shared = Arc::clone(&self.shared);
        Ok(Receipt::new(move || shared.wait(taken)))
    }

    /// Gives out the next number of a table's rows, or of processes when there is none.
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
    fn prepare(&self, encoded: Encoded) -> StoreResult<Prepared> {
        let mut bundles = Vec::with_capacity(encoded.bundles.len());
        for (id, changes) in encoded.bundles {
            let old = self.reader.content(&id.key(), &of_process(id.process))?;
            let (draft, brought_in) = Draft::of_bundle(id, &changes, old.as_ref())?;
            bundles.push((draft, brought_in, id, changes));
        }
        let draft = |(key, content): (Vec<u8>, Option<Vec<u8>>)| Draft::of(key, content.as_deref(), None);
        let records = encoded.records.into_iter().map(draft).collect::<StoreResult<Vec<_>>>()?;
        check_keys(encoded.entries.keys().chain(records.iter().map(|draft| &draft.key)))?;
        let draft = |(whose, run): (Whose, Run)| Ok((Draft::of(whose.key(), Some(&run.content()?), None)?, whose, run));
        let runs = encoded.runs.into_iter().map(draft).collect::<StoreResult<Vec<_>>>()?;
        Ok(Prepared { bundles, records, runs, entries: encoded.entries, forgotten: encoded.forgotten })
    }

    /// What the commit of this number writes.
    fn finish(&self, prepared: Prepared, state: &State, number: u64, ahead: u64) -> StoreResult<Writes> {
        let mut writes = prepared.entries;
        for (mut draft, mut brought_in, id, changes) in prepared.bundles {
            if self.head(state, &draft.key)? != draft.old {
                let old = self.reader.content_under(state, &draft.key, &of_process(id.process))?;
                (draft, brought_in) = Draft::of_bundle(id, &changes, old.as_ref())?;
            }
            draft.finish(&mut writes, number);
            for aside in brought_in {
                let key = key::aside(id.process, aside);
                let old = self.head(state, &key)?;
                Draft::of(key, None, old)?.finish(&mut writes, number);
            }
        }
        for (process, through) in prepared.forgotten {
            self.forget_events(state, process, through, &mut writes)?;
        }
        for mut draft in prepared.records {
            draft.old = self.head(state, &draft.key)?;
            draft.finish(&mut writes, number);
        }
        for (draft, mut whose, run) in prepared.runs {
            if whose.commit == OWN {
                whose.commit = number + ahead;
            }
            writes.insert(run.in_log(whose), Some(Vec::new()));
            // An event is written once.
            draft.finish(&mut writes, whose.commit);
        }
        Ok(writes)
    }

    /// The revision of a record and how many pieces it has after its head.
    fn head(&self, state: &State, key: &[u8]) -> StoreResult<Option<(u64, u32)>> {
        let Some(value) = self.reader.value_under(state, key)? else { return Ok(None) };
        let head = Head::read(&value).map_err(|detail| damaged("a record".to_owned(), detail.to_owned()))?;
        Ok(Some((head.revision, head.pieces())))
    }

    /// Removes the first events of a process; a run that has some of them and others is written anew.
    fn forget_events(&self, state: &State, process: ProcessId, through: u32, writes: &mut Writes) -> StoreResult<()> {
        let what = || format!("an event of process {process}");
        for entry in self.reader.entries_under(state, &key::events(process)) {
            let (key, _) = entry?;
            let Some(content) = self.reader.content_under(state, &key, &what)? else { continue };
            let (whose, run) = (Whose::of(&key, content.revision)?, Run::read(&content.bytes, &what)?);
            let length = run.len();
            let left = run.clone().without(whose, through);
            if left.as_ref().is_some_and(|left| left.len() == length) {
                break;
            }
            if left.is_none() {
                let entries = run.in_history(whose).into_iter().chain([run.in_log(whose)]);
                writes.extend(entries.map(|entry| (entry, None)));
            }
            let new = left.map(|left| left.content()).transpose()?;
            // It stays where it was in the log.
            Draft::of(key, new.as_deref(), Some((whose.commit, content.pieces)))?.finish(writes, whose.commit);
        }
        Ok(())
    }
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
