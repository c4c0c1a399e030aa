//! Holds lists, indexes and references against the records they are derived from, and rebuilds them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use viewflow_core::store::{ProcessRecord, RowRecord, ScopeRecord, StoreResult, TaskRecord};
use viewflow_core::{ProcessId, StoreError};

use crate::bucket;
use crate::bundle::{self, BundleId};
use crate::describe::{describe, record_of};
use crate::encode::{process_entries, reference_entries, row_entries, task_entries};
use crate::json::{damaged, parse};
use crate::parts::KeyReader;
use crate::read::{Content, Reader};
use crate::run::{Run, Whose};
use crate::shared::Shared;
use crate::tree::Tree;
use crate::writes::Writes;

/// How many faults are told in words.
const TOLD: usize = 1000;
/// How many entries are put right in one commit.
const BATCH: usize = 500;

/// What [`SledStore::verify`](crate::SledStore::verify) found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many records were read: processes, tasks, scopes, rows and events.
    pub records: u64,
    /// How many entries of lists and indexes were compared.
    pub entries: u64,
    /// How many faults there are.
    pub count: u64,
    /// The first thousand of them, in words.
    pub faults: Vec<String>,
    /// How many entries were put right, by [`SledStore::repair`](crate::SledStore::repair).
    pub repaired: u64,
}

impl Report {
    fn fault(&mut self, text: String) {
        self.count += 1;
        if self.faults.len() < TOLD {
            self.faults.push(text);
        }
    }
}

/// What the entries of a record are: their keys with their values.
type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// An entry that is not as it should be: its key, and the value it should have.
struct Fault {
    key: Vec<u8>,
    value: Option<Vec<u8>>,
    text: String,
}

/// What verifying and repairing works on.
#[derive(Clone, Copy)]
pub(crate) struct Verifier<'s> {
    pub(crate) reader: &'s Reader,
    pub(crate) tree: &'s Tree,
    pub(crate) shared: &'s Shared,
}

impl Verifier<'_> {
    /// Holds entries against records.
    pub(crate) fn verify(self) -> StoreResult<Report> {
        self.go_through(false)
    }

    /// As [`Verifier::verify`], and writes entries that are wrong anew.
    pub(crate) fn repair(self) -> StoreResult<Report> {
        let rebuilt =
            if self.tree.damaged()?.is_empty() { 0 } else { self.shared.hold(true, || self.rebuild(), Ok)? };
        let mut report = self.go_through(true)?;
        if rebuilt > 0 {
            report.fault(format!("{rebuilt} parts of lists and indexes were damaged"));
            report.repaired += rebuilt;
        }
        Ok(report)
    }

    /// Writes damaged parts of lists and indexes anew, from all records, while nobody commits.
    fn rebuild(&self) -> StoreResult<u64> {
        let damaged = self.tree.damaged()?;
        let mut found: BTreeMap<&[u8], bucket::Entries> = damaged.keys().map(|key| (&**key, BTreeSet::new())).collect();
        for prefix in [b"p", b"r", b"e"] {
            self.reader.contents(prefix, Bound::Unbounded, BATCH, &|| "a record".to_owned(), |key, content| {
                let Some((_, entries)) = self.derived(key, &Ok(Some(content)))? else { return Ok(true) };
                for (entry, _) in entries {
                    let Some(list) = bucket::list_of(&entry) else { continue };
                    let Some((key, (of, end))) = damaged.range(..=entry.clone()).next_back() else { continue };
                    let within = *of == list && key[..list] == entry[..list];
                    if within && end.as_ref().is_none_or(|end| entry < *end) {
                        found.entry(key).or_default().insert(entry[list..].to_vec());
                    }
                }
                Ok(true)
            })?;
        }
        let mut writes = Writes::new();
        for (key, (list, next)) in &damaged {
            let entries = found.remove(&**key).unwrap_or_default();
            bucket::write(key, *list, &entries, next.is_none(), &mut writes);
        }
        self.tree.write_as_they_are(&writes)?;
        Ok(damaged.len() as u64)
    }

    fn go_through(&self, repair: bool) -> StoreResult<Report> {
        let mut report = Report::default();
        for prefix in [b"p", b"r", b"s", b"e"] {
            self.each_key(prefix, "records", repair, &mut report, Self::check_record)?;
        }
        for prefix in [b"l", b"q", b"i", b"f", b"h", b"t"] {
            self.each_key(prefix, "entries", repair, &mut report, Self::check_entry)?;
        }
        Ok(report)
    }

    /// Checks what is under each key with a prefix, and settles what seems wrong some hundred at a time.
    fn each_key(
        &self,
        prefix: &[u8],
        what: &str,
        repair: bool,
        report: &mut Report,
        check: fn(&Self, &[u8], &mut Report, &mut Vec<Fault>) -> StoreResult<()>,
    ) -> StoreResult<()> {
        let mut faults = Vec::new();
        let mut after = Bound::Unbounded;
        loop {
            let mut keys = Vec::new();
            let read = self.reader.entries(prefix, after, BATCH, |key, _| {
                keys.push(key.to_vec());
                Ok(())
            });
            if let Err(error) = read {
                report.fault(unreadable(what, &error)?);
                return Ok(());
            }
            let Some(last) = keys.last() else { return Ok(()) };
            after = Bound::Excluded(last.clone());
            keys.iter().try_for_each(|key| check(self, key, report, &mut faults))?;
            self.settle(&mut faults, report, repair)?;
        }
    }

    /// Reads a record and looks whether its entries are there.
    fn check_record(&self, key: &[u8], report: &mut Report, faults: &mut Vec<Fault>) -> StoreResult<()> {
        match self.derived(key, &self.reader.content(key, &|| describe(key))) {
            Ok(None) => {}
            Ok(Some((records, entries))) => {
                report.records += records;
                for (entry, value) in entries {
                    match self.reader.value(&entry) {
                        Ok(found) if found.as_ref() == Some(&value) => {}
                        Ok(_) => {
                            let text = format!("{} is missing", describe(&entry));
                            faults.push(Fault { key: entry, value: Some(value), text });
                        }
                        Err(error) => report.fault(unreadable(&describe(&entry), &error)?),
                    }
                }
            }
            Err(error) => report.fault(unreadable(&describe(key), &error)?),
        }
        Ok(())
    }

    /// Looks whether the record that an entry tells of asks for it.
    fn check_entry(&self, key: &[u8], report: &mut Report, faults: &mut Vec<Fault>) -> StoreResult<()> {
        report.entries += 1;
        match self.asked_for(key, |record| self.reader.content(record, &|| describe(record))) {
            Ok(Some(_)) => {}
            Ok(None) => {
                let text = format!("{} stands there without its record", describe(key));
                faults.push(Fault { key: key.to_vec(), value: None, text });
            }
            Err(error) => report.fault(unreadable(&describe(key), &error)?),
        }
        Ok(())
    }

    /// How many records are under this key, and the entries that they ask for.
    fn derived(&self, key: &[u8], content: &StoreResult<Option<Content>>) -> StoreResult<Option<(u64, Entries)>> {
        let content = match content {
            Ok(Some(content)) => content,
            Ok(None) => return Ok(None),
            Err(error) => return Err(damaged(describe(key), error.to_string())),
        };
        let what = || describe(key);
        let plain = |keys: Vec<Vec<u8>>| keys.into_iter().map(|key| (key, Vec::new())).collect::<Entries>();
        let mut parts = KeyReader(&key[1..]);
        let wrong = || damaged(what(), "it is at another's place".to_owned());
        Ok(Some(match key[0] {
            b'p' => {
                let (process, chunk) = parts.u64().zip(parts.u32()).ok_or_else(wrong)?;
                let id = BundleId { process: ProcessId(process), chunk };
                let mut entries = Entries::new();
                let mut count = 0;
                for (number, record) in bundle::records(&content.bytes) {
                    count += 1;
                    if id.chunk == 0 && number == 0 {
                        let process: ProcessRecord = parse(record, &what)?;
                        entries.extend(plain(process_entries(&process)));
                    } else {
                        let task: TaskRecord = parse(record, &what)?;
                        if BundleId::of_task(task.id) != id || task.id.ordinal != number {
                            return Err(wrong());
                        }
                        entries.extend(plain(task_entries(&task)));
                    }
                }
                (count, entries)
            }
            b'r' => {
                let (table, id) = parts.text().zip(parts.u64()).ok_or_else(wrong)?;
                let row: RowRecord = parse(&content.bytes, &what)?;
                let mut entries = plain(row_entries(&table, id, &row));
                entries.extend(reference_entries(&table, id, &row)?);
                (1, entries)
            }
            b's' => {
                parse::<ScopeRecord>(&content.bytes, &what)?;
                (1, Entries::new())
            }
            _ => {
                let (whose, run) = (Whose::of(key, content.revision)?, Run::read(&content.bytes, &what)?);
                let mut entries = run.in_history(whose);
                entries.push(run.in_log(whose));
                (run.len() as u64, plain(entries))
            }
        }))
    }

    /// The value that an entry should have, as its record asks for, whose content is read by `content`; none: it should not
    /// be there.
    fn asked_for(
        &self,
        entry: &[u8],
        content: impl FnOnce(&[u8]) -> StoreResult<Option<Content>>,
    ) -> StoreResult<Option<Vec<u8>>> {
        let Some(record) = record_of(entry) else { return Ok(None) };
        let derived = self.derived(&record, &content(&record))?;
        Ok(derived.and_then(|(_, entries)| entries.into_iter().find(|(key, _)| key == entry)).map(|(_, value)| value))
    }

    /// Looks again at what seemed wrong while nobody can commit, as it may have changed in between, and puts it right.
    fn settle(&self, faults: &mut Vec<Fault>, report: &mut Report, repair: bool) -> StoreResult<()> {
        if faults.is_empty() {
            return Ok(());
        }
        let mut state = self.shared.running()?;
        let mut writes = Writes::new();
        let mut seen = BTreeSet::new();
        for fault in faults.drain(..) {
            let content = |record: &[u8]| self.reader.content_under(&state, record, &|| describe(record));
            let wanted = self.asked_for(&fault.key, content).unwrap_or(fault.value);
            if self.reader.value_under(&state, &fault.key).is_ok_and(|found| found == wanted)
                || !seen.insert(fault.key.clone())
            {
                continue;
            }
            report.fault(fault.text);
            if repair {
                writes.insert(fault.key, wanted);
            }
        }
        if !writes.is_empty() {
            report.repaired += writes.len() as u64;
            let taken = state.take(writes);
            self.shared.wake_writer(state);
            self.shared.wait(taken)?;
        }
        Ok(())
    }
}

/// A fault in words, unless the store has stopped.
fn unreadable(what: &str, error: &StoreError) -> StoreResult<String> {
    match error {
        StoreError::Stopped(message) => Err(StoreError::Stopped(message.clone())),
        error => Ok(format!("{what}: {error}")),
    }
}
