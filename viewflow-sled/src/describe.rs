//! Describes keys in words, and finds the record that an entry points to.

use viewflow_store::{ProcessId, TaskId};

use crate::bundle::BundleId;
use crate::entry;
use crate::key;
use crate::parts::KeyReader;

/// Describes in words what is under a key.
pub(crate) fn describe(key: &[u8]) -> String {
    let Some((letter, rest)) = key.split_first() else { return "nothing".to_owned() };
    let mut parts = KeyReader(rest);
    let number = |number: Option<u64>| number.unwrap_or_default();
    match letter {
        b'p' => of_process(ProcessId(number(parts.u64())))(),
        b'd' => format!("a long record of process {}", number(parts.u64())),
        b's' => format!("a scope of process {}", number(parts.u64())),
        b'e' => format!("an event of process {}", number(parts.u64())),
        b'r' => {
            let table = parts.text().unwrap_or_default();
            format!("row {} of `{table}`", number(parts.u64()))
        }
        _ => {
            let kind = match letter {
                b'l' => "an entry of a list of tasks",
                b'q' => "an entry of a list of processes",
                b'i' => "an entry of an index",
                b'h' => "an entry of the log",
                b't' => "an entry of what happened by time",
                _ => "a reference",
            };
            let of = record_of(key).map_or_else(|| "nothing".to_owned(), |record| describe(&record));
            format!("{kind}, of {of},")
        }
    }
}

/// Describes a process and its tasks, for errors.
pub(crate) fn of_process(id: ProcessId) -> impl Fn() -> String {
    move || format!("process {id} or one of its tasks")
}

/// The key of the record that an entry points to.
pub(crate) fn record_of(entry: &[u8]) -> Option<Vec<u8>> {
    let (letter, rest) = entry.split_first()?;
    match letter {
        b'l' => {
            let task: TaskId = entry::cursor(rest.get(rest.len().checked_sub(20)?..)?)?.task;
            Some(BundleId::of_task(task).key())
        }
        b'q' => Some(BundleId::of_process(entry::process_of(entry, rest)?).key()),
        b'i' => Some(key::row(&KeyReader(rest).text()?, at_its_end(rest)?)),
        b'f' => {
            let mut parts = KeyReader(rest);
            let (_, _) = (parts.text()?, parts.u64()?);
            let (table, id) = (parts.text()?, parts.u64()?);
            Some(key::row(&table, id))
        }
        b'h' | b't' => entry::run_of(entry),
        _ => None,
    }
}

/// The number at the end of an entry.
fn at_its_end(entry: &[u8]) -> Option<u64> {
    entry.last_chunk().map(|number| u64::from_be_bytes(*number))
}
