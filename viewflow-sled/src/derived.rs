//! Derives the entries of lists, indexes and references from stored records.

use viewflow_store::{ProcessData, RowRecord, ScopeRecord, StoreResult, TaskRecord};

use crate::ahead::View;
use crate::bundle::{self, BundleId};
use crate::describe::describe;
use crate::encode::{process_entries, reference_entries, row_entries, task_entries};
use crate::json::{damaged, parse};
use crate::parts::KeyReader;
use crate::read::{Content, Reader, Records};
use crate::run::{Run, Whose};

/// The entries of a record: keys with values.
pub(crate) type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// The records of a bundle; none under any other key.
pub(crate) fn records<'c>(reader: &Reader, key: &[u8], content: &'c Content) -> StoreResult<Records<'c>> {
    match BundleId::at(key) {
        Some(bundle) => reader.of_bundle(bundle, content, |_| true, &|| describe(key)),
        None => Ok(Records::new()),
    }
}

/// How many records are under this key, and the entries derived from them. `records` are those of a bundle.
pub(crate) fn derived(key: &[u8], content: &Content, records: Records<'_>) -> StoreResult<(u64, Entries)> {
    let what = || describe(key);
    let plain = |keys: Vec<Vec<u8>>| keys.into_iter().map(|key| (key, Vec::new())).collect::<Entries>();
    let mut parts = KeyReader(&key[1..]);
    let wrong = || damaged(what(), "it is at another's place".to_owned());
    Ok(match key[0] {
        b'p' => {
            let id = BundleId::at(key).ok_or_else(wrong)?;
            let (mut entries, mut count) = (Entries::new(), 0);
            for (number, record) in records {
                match number {
                    0 => entries.extend(plain(process_entries(&parse(&record, &what)?))),
                    bundle::DATA => drop(parse::<ProcessData>(&record, &what)?),
                    number => {
                        let task: TaskRecord = parse(&record, &what)?;
                        if BundleId::of_task(task.id) != id || task.id.ordinal != number {
                            return Err(wrong());
                        }
                        entries.extend(plain(task_entries(&task)));
                    }
                }
                // A process and its data count as one.
                count += u64::from(number != bundle::DATA);
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
    })
}

/// The entries derived from the records under a key.
pub(crate) fn derived_in(view: &dyn View, key: &[u8]) -> StoreResult<Entries> {
    let what = || describe(key);
    let Some(content) = view.content(key, &what)? else { return Ok(Entries::new()) };
    let records = match BundleId::at(key) {
        Some(bundle) => view.of_bundle(bundle, &content, &what)?,
        None => Records::new(),
    };
    derived(key, &content, records).map(|(_, entries)| entries)
}

/// The value that an entry should have, or `None` if it should not exist.
pub(crate) fn value_of(entry: &[u8], asked_for: Entries) -> Option<Vec<u8>> {
    asked_for.into_iter().find(|(key, _)| key == entry).map(|(_, value)| value)
}
