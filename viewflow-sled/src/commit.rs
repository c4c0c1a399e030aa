//! Takes a commit: what can be prepared is prepared first; then, while nobody else can commit, what it relies on is
//! compared and its writes are taken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, MutexGuard, PoisonError};

use viewflow_core::StoreError;
use viewflow_core::store::{Change, Commit, Expect, Key, Receipt, Reference, StoreResult};

use crate::bundle::{self, BundleId, Changes};
use crate::describe::of_process;
use crate::encode::Encoded;
use crate::entry;
use crate::frame::{self, Head};
use crate::json::{cut_short, damaged, parse};
use crate::key;
use crate::parts::KeyReader;
use crate::read::{Content, last_u64};
use crate::run::{OWN, Run, Whose};
use crate::shared::State;
use crate::store::SledStore;
use crate::writes::Writes;

/// The longest key, in bytes. sled keeps a page of more than 128 KiB in a file that it does not sync; a page of its index has up
/// to 256 keys, and a quarter more of them when it was put together with the next one.
const MAX_KEY: usize = 384;

/// The last numbers given out, and the stamps of tables.
#[derive(Default)]
pub(crate) struct Numbers {
    /// By table; none for processes.
    last: BTreeMap<Option<String>, u64>,
    /// Those that are not stored yet.
    unsaved: BTreeSet<Option<String>>,
    /// By how much the numbers of commits in the log are greater than those of commits; none: it was not read yet.
    log_ahead: Option<u64>,
    pub(crate) stamps: BTreeMap<String, u64>,
}

/// A record as it will be, but for its revision.
struct Draft {
    key: Vec<u8>,
    /// The head and the pieces; none: it is removed.
    values: Vec<Vec<u8>>,
    /// The revision and the number of pieces of the record before.
    old: Option<(u64, u32)>,
}

impl Draft {
    fn of(key: Vec<u8>, content: Option<&[u8]>, old: Option<(u64, u32)>) -> StoreResult<Self> {
        let values = content.map_or(Ok(Vec::new()), |content| frame::values(&key, content))?;
        Ok(Self { key, values, old })
    }

    fn of_bundle(id: BundleId, changes: &Changes, old: Option<&Content>) -> StoreResult<Self> {
        let new = bundle::change(old.map_or(&[], |old| &old.bytes), changes);
        Self::of(id.key(), new.as_deref(), old.map(|old| (old.revision, old.pieces)))
    }

    /// Adds what is to be written, and removes pieces that a longer record before has left.
    fn finish(self, writes: &mut Writes, revision: u64) {
        let mut values = self.values.into_iter();
        let mut head = values.next();
        if let Some(head) = &mut head {
            frame::set_revision(head, revision);
        }
        let mut kept = 0;
        for value in values {
            writes.insert(key::piece(&self.key, kept), Some(value));
            kept += 1;
        }
        for left in kept..self.old.map_or(0, |(_, pieces)| pieces) {
            writes.insert(key::piece(&self.key, left), None);
        }
        writes.insert(self.key, head);
    }
}

impl SledStore {
    pub(crate) fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last number given out.
    fn last_number<'n>(&self, numbers: &'n mut Numbers, of: Option<String>) -> StoreResult<&'n mut u64> {
        if !numbers.last.contains_key(&of) {
            let stored = self.value(&key::last_number(of.as_deref()))?;
            let last = stored.map_or(Some(0), |value| KeyReader(&value).u64());
            let last = last.ok_or_else(|| cut_short("the last number given out"))?;
            numbers.last.insert(of.clone(), last);
        }
        Ok(numbers.last.entry(of).or_default())
    }

    /// By how much the numbers of commits in the log are greater than those of commits.
    fn log_ahead(&self, numbers: &mut Numbers) -> StoreResult<u64> {
        if let Some(ahead) = numbers.log_ahead {
            return Ok(ahead);
        }
        let stored = self.value(&key::log_ahead())?;
        let ahead = stored.map_or(Some(0), |value| KeyReader(&value).u64());
        let ahead = ahead.ok_or_else(|| cut_short("the number of the last commit in the log"))?;
        numbers.log_ahead = Some(ahead);
        Ok(ahead)
    }

    /// The number of the last commit in the log.
    pub(crate) fn last_logged(&self) -> StoreResult<u64> {
        let ahead = self.log_ahead(&mut self.numbers())?;
        Ok(self.shared.running()?.commits + ahead)
    }

    pub(crate) fn next_number(&self, table: Option<&str>) -> StoreResult<u64> {
        drop(self.shared.running()?);
        let of = table.map(str::to_owned);
        let mut numbers = self.numbers();
        let last = self.last_number(&mut numbers, of.clone())?;
        *last += 1;
        let number = *last;
        numbers.unsaved.insert(of);
        Ok(number)
    }

    pub(crate) fn take(&self, commit: &Commit) -> StoreResult<Receipt> {
        let encoded = Encoded::of(commit)?;
        let mut bundles = Vec::with_capacity(encoded.bundles.len());
        for (id, changes) in encoded.bundles {
            let old = self.content(&id.key(), &of_process(id.process))?;
            bundles.push((Draft::of_bundle(id, &changes, old.as_ref())?, id, changes));
        }
        let draft = |(key, content): (Vec<u8>, Option<Vec<u8>>)| Draft::of(key, content.as_deref(), None);
        let records = encoded.records.into_iter().map(draft).collect::<StoreResult<Vec<_>>>()?;
        check_keys(encoded.entries.keys().chain(records.iter().map(|draft| &draft.key)))?;
        let draft = |(whose, run): (Whose, Run)| Ok((Draft::of(whose.key(), Some(&run.content()?), None)?, whose, run));
        let runs = encoded.runs.into_iter().map(draft).collect::<StoreResult<Vec<_>>>()?;
        let mut numbers = self.numbers();
        let ahead = self.log_ahead(&mut numbers)?;
        // Read before the lock, so that nobody waits for a disk.
        for (of, _) in &encoded.numbers {
            self.last_number(&mut numbers, of.clone())?;
        }
        let mut state = self.shared.state_with_room()?;
        self.check(&state, &numbers, commit)?;
        if commit.changes.is_empty() && commit.events.is_empty() {
            // Who has only looked has seen what others committed, and may tell of it.
            let (seen, shared) = (state.last(), Arc::clone(&self.shared));
            return Ok(Receipt::new(move || shared.wait(seen)));
        }
        let number = state.commits + 1;
        let mut writes = encoded.entries;
        for (mut draft, id, changes) in bundles {
            if self.head(&state, &draft.key)? != draft.old {
                let old = self.content_under(&state, &draft.key, &of_process(id.process))?;
                draft = Draft::of_bundle(id, &changes, old.as_ref())?;
            }
            draft.finish(&mut writes, number);
        }
        for (process, through) in encoded.forgotten {
            self.forget_events(&state, process, through, &mut writes)?;
        }
        for mut draft in records {
            draft.old = self.head(&state, &draft.key)?;
            draft.finish(&mut writes, number);
        }
        for (draft, mut whose, run) in runs {
            if whose.commit == OWN {
                whose.commit = number + ahead;
            }
            writes.insert(run.in_log(whose), Some(Vec::new()));
            // An event is written once.
            draft.finish(&mut writes, whose.commit);
        }
        if number + ahead < encoded.log {
            let ahead = encoded.log - number;
            numbers.log_ahead = Some(ahead);
            writes.insert(key::log_ahead(), Some(ahead.to_be_bytes().to_vec()));
        }
        numbers.note(commit, encoded.numbers, number, &mut writes);
        if let Some(trace) = &self.trace {
            trace(&writes);
        }
        let taken = state.take(writes);
        drop(numbers);
        self.shared.wake_writer(state);
        let shared = Arc::clone(&self.shared);
        Ok(Receipt::new(move || shared.wait(taken)))
    }

    /// Whether all that the commit relies on is still so.
    fn check(&self, state: &State, numbers: &Numbers, commit: &Commit) -> StoreResult<()> {
        for expect in &commit.expect {
            let holds = match expect {
                Expect::Revision(of, revision) => self.revision(state, of)? == *revision,
                Expect::Table(table, stamp) => numbers.stamps.get(table).copied().unwrap_or(0) == *stamp,
            };
            if !holds {
                return Err(StoreError::Conflict);
            }
        }
        if self.unique_values_are_free(state, commit)? && self.no_reference_dangles(state, commit)? {
            Ok(())
        } else {
            Err(StoreError::Conflict)
        }
    }

    /// The revision of a record and how many pieces it has after its head.
    fn head(&self, state: &State, key: &[u8]) -> StoreResult<Option<(u64, u32)>> {
        let Some(value) = self.value_under(state, key)? else { return Ok(None) };
        let head = Head::read(&value).map_err(|detail| damaged("a record".to_owned(), detail.to_owned()))?;
        Ok(Some((head.revision, head.pieces())))
    }

    fn revision(&self, state: &State, of: &Key) -> StoreResult<Option<u64>> {
        let Some(value) = self.value_under(state, &key::record(of))? else { return Ok(None) };
        let head = Head::read(&value).map_err(|detail| damaged(of.to_string(), detail.to_owned()))?;
        // A bundle may have tasks only.
        let there = !matches!(of, Key::Process(_)) || head.begins_with(&0_u32.to_be_bytes());
        Ok(there.then_some(head.revision))
    }

    fn unique_values_are_free(&self, state: &State, commit: &Commit) -> StoreResult<bool> {
        let changed: BTreeSet<(&str, u64)> = commit.rows().map(|(table, id, _)| (table, id)).collect();
        let mut taken = BTreeSet::new();
        for (table, id, row) in commit.rows() {
            for (field, value) in row.iter().flat_map(|row| row.unique_keys()) {
                let prefix = entry::index(table, field, &value);
                for (key, _) in self.entries_under(state, &prefix)? {
                    let holder = last_u64(&key, prefix.len())?;
                    if holder != id && !changed.contains(&(table, holder)) {
                        return Ok(false);
                    }
                }
                if !taken.insert(prefix) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Whether no row that stays refers to one that the commit deletes.
    fn no_reference_dangles(&self, state: &State, commit: &Commit) -> StoreResult<bool> {
        let changed: BTreeSet<(&str, u64)> = commit.rows().map(|(table, id, _)| (table, id)).collect();
        for (table, id, _) in commit.rows().filter(|(_, _, new)| new.is_none()) {
            for (_, value) in self.entries_under(state, &entry::references(table, id))? {
                let by: Reference = parse(&value, &|| format!("a reference to row {id} of `{table}`"))?;
                // Those the commit changes too are its own business.
                if !changed.contains(&(by.table.as_str(), by.id)) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Removes the first events of a process; a run that has some of them and others is written anew.
    fn forget_events(
        &self,
        state: &State,
        process: viewflow_core::ProcessId,
        through: u32,
        writes: &mut Writes,
    ) -> StoreResult<()> {
        let what = || format!("an event of process {process}");
        for (key, _) in self.entries_under(state, &key::events(process))? {
            let Some(content) = self.content_under(state, &key, &what)? else { continue };
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

impl Numbers {
    /// Notes what the commit tells of numbers and stamps.
    fn note(&mut self, commit: &Commit, used: Vec<(Option<String>, u64)>, number: u64, writes: &mut Writes) {
        for change in &commit.changes {
            if let Change::Row { table, .. } = change {
                match self.stamps.get_mut(table) {
                    Some(stamp) => *stamp = number,
                    None => drop(self.stamps.insert(table.clone(), number)),
                }
            }
        }
        for (of, used) in used {
            if let Some(last) = self.last.get_mut(&of).filter(|last| **last < used) {
                *last = used;
                self.unsaved.insert(of);
            }
        }
        for of in std::mem::take(&mut self.unsaved) {
            let last = self.last.get(&of).copied().unwrap_or(0);
            writes.insert(key::last_number(of.as_deref()), Some(last.to_be_bytes().to_vec()));
        }
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
