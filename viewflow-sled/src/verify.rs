//! Compares lists, indexes and references with the records they are derived from, and rebuilds them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use viewflow_store::{StoreError, StoreResult};

use crate::ahead::{Ahead, Locked, View};
use crate::bucket;
use crate::bundle::{self, BundleId};
use crate::derived::{derived, derived_in, records, value_of};
use crate::describe::{describe, record_of};
use crate::key;
use crate::lists::Lists;
use crate::read::Reader;
use crate::shared::Shared;
use crate::tree::Tree;
use crate::writes::Writes;

/// How many faults a report describes in words.
const TOLD: usize = 1000;
/// How many keys are checked, or entries corrected, at a time.
const BATCH: usize = 500;

/// The result of [`SledStore::verify`](crate::SledStore::verify).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many records were read: processes, tasks, scopes, rows and events.
    pub records: u64,
    /// How many entries of lists and indexes were compared.
    pub entries: u64,
    /// How many faults there are.
    pub count: u64,
    /// The first thousand faults, in words.
    pub faults: Vec<String>,
    /// How many entries [`SledStore::repair`](crate::SledStore::repair) corrected.
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

/// A wrong entry: its key, and the value it should have.
struct Fault {
    key: Vec<u8>,
    value: Option<Vec<u8>>,
    text: String,
}

/// The parts of a store that verifying and repairing need.
#[derive(Clone, Copy)]
pub(crate) struct Verifier<'s> {
    pub(crate) reader: &'s Reader,
    pub(crate) tree: &'s Tree,
    pub(crate) shared: &'s Shared,
    pub(crate) lists: &'s Lists,
}

impl Verifier<'_> {
    /// Compares entries with records.
    pub(crate) fn verify(self) -> StoreResult<Report> {
        self.go_through(false)
    }

    /// Does the same as [`Verifier::verify`], and corrects wrong entries.
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

    /// Rebuilds damaged buckets of lists and indexes from all records, while nobody commits.
    fn rebuild(&self) -> StoreResult<u64> {
        let damaged = self.tree.damaged()?;
        let mut found: BTreeMap<&[u8], bucket::Entries> = damaged.keys().map(|key| (&**key, BTreeSet::new())).collect();
        for prefix in [b"p", b"r", b"e"] {
            self.reader.contents(prefix, Bound::Unbounded, BATCH, &|| "a record".to_owned(), |key, content| {
                let (_, entries) = derived(key, &content, records(self.reader, key, &content)?)?;
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
        self.each_key(b"d", "records", repair, &mut report, Self::check_aside)?;
        for prefix in [b"l", b"q", b"i", b"f", b"h", b"t"] {
            self.each_key(prefix, "entries", repair, &mut report, Self::check_entry)?;
        }
        Ok(report)
    }

    /// Checks each key with a prefix, and settles the suspected faults of each batch.
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

    /// Reads a record and checks that its entries exist.
    fn check_record(&self, key: &[u8], report: &mut Report, faults: &mut Vec<Fault>) -> StoreResult<()> {
        let read = self.reader.content(key, &|| describe(key)).and_then(|content| {
            let Some(content) = content else { return Ok(None) };
            derived(key, &content, records(self.reader, key, &content)?).map(Some)
        });
        match read {
            Ok(None) => {}
            Ok(Some((records, entries))) => {
                report.records += records;
                // A list that is being filled is not complete yet.
                for (entry, value) in entries.into_iter().filter(|(entry, _)| self.lists.missing(entry).is_none()) {
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

    /// Checks that a record that stands aside is a part of a bundle.
    fn check_aside(&self, key: &[u8], report: &mut Report, _: &mut Vec<Fault>) -> StoreResult<()> {
        let mut ahead = Ahead::new(self.reader)?;
        // The record may have come or gone between two reads. Then it is checked again while nobody can commit.
        if !belongs(&ahead, key)? {
            let alone = ahead.alone(self.shared)?;
            if !belongs(&Locked { ahead: &ahead, alone: &alone }, key)? {
                report.fault(format!("{} belongs to no bundle", describe(key)));
            }
        }
        Ok(())
    }

    /// Checks that an entry is derived from the record it points to.
    fn check_entry(&self, key: &[u8], report: &mut Report, faults: &mut Vec<Fault>) -> StoreResult<()> {
        if self.lists.missing(key).is_some() {
            return Ok(());
        }
        report.entries += 1;
        let read = record_of(key).map_or(Ok(None), |record| {
            let Some(content) = self.reader.content(&record, &|| describe(&record))? else { return Ok(None) };
            let records = records(self.reader, &record, &content)?;
            Ok(value_of(key, derived(&record, &content, records)?.1))
        });
        match read {
            Ok(Some(_)) => {}
            Ok(None) => {
                let text = format!("{} exists without its record", describe(key));
                faults.push(Fault { key: key.to_vec(), value: None, text });
            }
            Err(error) => report.fault(unreadable(&describe(key), &error)?),
        }
        Ok(())
    }

    /// Checks suspected faults again while nobody can commit, because a commit may have caused them. Reports the
    /// real faults, and corrects them if wanted.
    fn settle(&self, faults: &mut Vec<Fault>, report: &mut Report, repair: bool) -> StoreResult<()> {
        if faults.is_empty() {
            return Ok(());
        }
        let mut ahead = Ahead::new(self.reader)?;
        for fault in &*faults {
            // Errors are ignored here: the check below meets them again.
            let _ = (wanted_in(&ahead, &fault.key), ahead.value(&fault.key));
        }
        let alone = ahead.alone(self.shared)?;
        let view = Locked { ahead: &ahead, alone: &alone };
        let mut writes = Writes::new();
        let mut seen = BTreeSet::new();
        for fault in faults.drain(..) {
            let wanted = wanted_in(&view, &fault.key).unwrap_or(fault.value);
            if view.value(&fault.key).is_ok_and(|found| found == wanted) || !seen.insert(fault.key.clone()) {
                continue;
            }
            report.fault(fault.text);
            if repair {
                writes.insert(fault.key, wanted);
            }
        }
        if !writes.is_empty() {
            report.repaired += writes.len() as u64;
            alone.write(writes)?;
        }
        Ok(())
    }
}

/// Whether a record that stands aside is a part of a bundle, or has gone.
fn belongs(view: &dyn View, key: &[u8]) -> StoreResult<bool> {
    if view.value(key)?.is_none() {
        return Ok(true);
    }
    let Some((process, number)) = key::of_aside(key) else { return Ok(false) };
    let bundle = BundleId::of_number(process, number).key();
    // A damaged bundle is reported by its own check.
    Ok(view.content(&bundle, &|| describe(key)).map_or(true, |content| {
        content.is_some_and(|content| bundle::find(&content.bytes, number).is_some_and(<[u8]>::is_empty))
    }))
}

/// The value that an entry should have, or `None` if it should not exist.
fn wanted_in(view: &dyn View, entry: &[u8]) -> StoreResult<Option<Vec<u8>>> {
    let Some(record) = record_of(entry) else { return Ok(None) };
    Ok(value_of(entry, derived_in(view, &record)?))
}

/// Describes a fault in words. Fails if the store has stopped.
fn unreadable(what: &str, error: &StoreError) -> StoreResult<String> {
    match error {
        StoreError::Stopped(message) => Err(StoreError::Stopped(message.clone())),
        error => Ok(format!("{what}: {error}")),
    }
}
