//! Keys of records and of the store's own numbers: docs/format.md, "Keys".

use viewflow_store::{Key, ProcessId, ScopeId};

use crate::parts::{KeyBuf, KeyReader};

pub(crate) fn format() -> Vec<u8> {
    KeyBuf::new(b'm').text("format").done()
}

/// The key of the number of the last commit.
pub(crate) fn last_commit() -> Vec<u8> {
    KeyBuf::new(b'm').text("last-commit").done()
}

/// The key of the last number given out: to a row of this table, or to a process for `None`.
pub(crate) fn last_number(table: Option<&str>) -> Vec<u8> {
    match table {
        None => KeyBuf::new(b'm').text("last-process").done(),
        Some(table) => KeyBuf::new(b'm').text("last-row").text(table).done(),
    }
}

/// The key of the difference between the number of a commit in the log and its number in the journal.
pub(crate) fn log_ahead() -> Vec<u8> {
    KeyBuf::new(b'm').text("log-ahead").done()
}

/// The key of the note of the lists that the store keeps.
pub(crate) fn lists() -> Vec<u8> {
    KeyBuf::new(b'm').text("lists").done()
}

/// The key of the note of the lists that are being filled, and of how far that has come.
pub(crate) fn filling() -> Vec<u8> {
    KeyBuf::new(b'm').text("filling").done()
}

/// The prefix of the keys of all tables' last numbers.
pub(crate) fn last_numbers() -> Vec<u8> {
    KeyBuf::new(b'm').text("last-row").done()
}

pub(crate) fn record(key: &Key) -> Vec<u8> {
    match key {
        Key::Process(id) => bundle(*id, 0),
        Key::Row(table, id) => row(table, *id),
    }
}

pub(crate) fn bundle(process: ProcessId, chunk: u32) -> Vec<u8> {
    KeyBuf::new(b'p').u64(process.0).u32(chunk).done()
}

/// The prefix of all bundles of a process.
pub(crate) fn bundles(process: ProcessId) -> Vec<u8> {
    KeyBuf::new(b'p').u64(process.0).done()
}

/// The prefix of all bundles.
pub(crate) fn all_bundles() -> Vec<u8> {
    KeyBuf::new(b'p').done()
}

/// The key of a record that is too long for its bundle.
pub(crate) fn aside(process: ProcessId, number: u32) -> Vec<u8> {
    KeyBuf::new(b'd').u64(process.0).u32(number).done()
}

/// Reads the process and the record's number from a key made by [`aside`].
pub(crate) fn of_aside(key: &[u8]) -> Option<(ProcessId, u32)> {
    let mut parts = KeyReader(key.strip_prefix(b"d")?);
    Some((ProcessId(parts.u64()?), parts.u32()?))
}

pub(crate) fn scope(id: ScopeId) -> Vec<u8> {
    KeyBuf::new(b's').u64(id.process.0).u32(id.number).done()
}

pub(crate) fn scopes(process: ProcessId) -> Vec<u8> {
    KeyBuf::new(b's').u64(process.0).done()
}

/// The key of the run that ends with this event.
pub(crate) fn events_through(process: ProcessId, number: u32) -> Vec<u8> {
    KeyBuf::new(b'e').u64(process.0).u32(number).done()
}

pub(crate) fn events(process: ProcessId) -> Vec<u8> {
    KeyBuf::new(b'e').u64(process.0).done()
}

/// Reads the process and the number of the last event from the key of a run.
pub(crate) fn of_events(key: &[u8]) -> Option<(ProcessId, u32)> {
    let mut parts = KeyReader(key.strip_prefix(b"e")?);
    Some((ProcessId(parts.u64()?), parts.u32()?))
}

pub(crate) fn row(table: &str, id: u64) -> Vec<u8> {
    KeyBuf::new(b'r').text(table).u64(id).done()
}

pub(crate) fn rows(table: &str) -> Vec<u8> {
    KeyBuf::new(b'r').text(table).done()
}

pub(crate) fn piece(of: &[u8], number: u32) -> Vec<u8> {
    KeyBuf::new(b'c').bytes(of).u32(number).done()
}
