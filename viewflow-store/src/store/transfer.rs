//! A whole store as lines of JSON, and back: from any store into any other.
//!
//! The first line says what the file is. The last line says how many records come before it, so that a truncated file
//! is noticed. Each line between them is a record. First come the last numbers given out, and the last number of the
//! log. Then comes each process, followed by its data, its tasks, its open scopes and its events. Last come the rows of
//! each table.

mod read;

use std::io::Write;

use serde::{Deserialize, Serialize};

pub use read::import;

use super::{
    Event, LogCursor, Logged, ProcessData, ProcessRecord, RowRecord, ScopeId, ScopeRecord, Store, StoreError,
    StoreResult, Stored, TaskRecord,
};
use crate::id::ProcessId;

/// The version of the lines that this release writes and reads.
const VERSION: u64 = 3;
/// The oldest version that it still reads, in which events have no places in the log. Up to version 2, the data of a
/// process was in the line of the process.
const OLDEST: u64 = 1;
/// How many records are read at once.
const PAGE: usize = 200;
/// `progress` is called after this many records.
const TOLD: u64 = 1000;
/// The lines of a process are held back up to this length in bytes, until it is known that the process did not change.
const HELD: usize = 8 << 20;
/// How often a process that keeps changing is read.
const ATTEMPTS: usize = 20;

/// An error of an export or import.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The store to import into is not empty. It was left as it is.
    #[error("the store to import into is not empty, it has {what}: import into a new one")]
    NotEmpty {
        /// What it contains.
        what: String,
    },
    /// The first line is not the first line of an export.
    #[error("this is no export: the first line should be like {{\"viewflow\":\"export\",\"version\":{VERSION}}}")]
    NotAnExport,
    /// Another release wrote the export, in a version that this one does not know.
    #[error(
        "the export has version {found}, and this release reads versions up to {VERSION}: import it with the release that wrote it"
    )]
    OtherVersion {
        /// The version of the export.
        found: u64,
    },
    /// A line is wrong.
    #[error(
        "line {line} {detail}: correct it and start again with an empty store, as this one may hold a part of the export"
    )]
    BadLine {
        /// The line's number, counted from 1.
        line: u64,
        /// What is wrong with it.
        detail: String,
    },
    /// The last line is missing.
    #[error(
        "the export ends after line {line}, without its last line: it was cut short. Copy it again and start with an empty store, as this one may hold a part of it"
    )]
    CutShort {
        /// The number of the last line in the file.
        line: u64,
    },
    /// The store did not accept some records.
    #[error(
        "the store did not take lines {first} to {last} ({source}): start again with an empty store, as this one may hold a part of the export"
    )]
    Refused {
        /// The first of the lines.
        first: u64,
        /// The last of them.
        last: u64,
        /// The error of the store.
        source: StoreError,
    },
    /// A process changed each time it was read.
    #[error("process {0} changed while it was read: stop what writes to the store, and export again")]
    Changed(ProcessId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The export could not be written or read.
    #[error("cannot write or read the export: {0}")]
    Io(#[from] std::io::Error),
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head {
    viewflow: String,
    version: u64,
}

/// Every other line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[expect(clippy::large_enum_variant, reason = "most lines are tasks")]
enum Line {
    /// The last number given out, of a table's rows or of processes.
    Numbers {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        table: Option<String>,
        last: u64,
    },
    Process(ProcessRecord),
    /// The data of the process before it. The line is left out for a process without data.
    Data(ProcessData),
    Task(TaskRecord),
    Scope {
        id: ScopeId,
        scope: ScopeRecord,
    },
    /// The number of the last commit in the log.
    Log {
        last: u64,
    },
    /// An event without its place in the log, as older versions have it.
    Event(Event),
    /// An event, with its place in the log.
    Logged {
        at: LogCursor,
        event: Event,
    },
    Row {
        table: String,
        id: u64,
        row: RowRecord,
    },
    /// The last line, with the number of records.
    End(u64),
}

impl Line {
    fn text(&self) -> Result<String, TransferError> {
        Ok(serde_json::to_string(self).map_err(std::io::Error::from)?)
    }
}

/// Writes everything in a store as lines of JSON, which [`import`] reads into any other store. Returns how many records
/// there are.
///
/// The function calls `progress` with the number of records written, every thousand and at the end.
///
/// The store should be at rest. If another program writes to it meanwhile, each process is still exported as it was at
/// one time. But two processes, or a process and a row, may be as they were at different times.
///
/// Revisions are not exported. The function takes a process number from the store, and a row number of each table, as
/// it learns the last numbers in this way.
///
/// ```
/// use viewflow_store::{MemoryStore, TransferError, export, import};
///
/// let (old, new) = (MemoryStore::new(), MemoryStore::new());
/// let mut file = Vec::new();
/// let written = export(&old, &mut file, |_done| ())?;
/// assert_eq!(import(&new, &file[..], |_done| ())?, written);
/// # Ok::<(), TransferError>(())
/// ```
///
/// # Errors
/// If the store fails, or the lines cannot be written. [`TransferError::Changed`] if a process keeps changing.
pub fn export(store: &dyn Store, to: impl Write, progress: impl FnMut(u64)) -> Result<u64, TransferError> {
    let mut out = Out { to, progress, done: 0 };
    let head = Head { viewflow: "export".to_owned(), version: VERSION };
    serde_json::to_writer(&mut out.to, &head).map_err(std::io::Error::from)?;
    out.to.write_all(b"\n")?;
    let last = store.next_process()?.0.saturating_sub(1);
    out.put(&Line::Numbers { table: None, last }.text()?)?;
    let tables = all_tables(store)?;
    for table in &tables {
        let last = store.next_row(table)?.saturating_sub(1);
        out.put(&Line::Numbers { table: Some(table.clone()), last }.text()?)?;
    }
    out.put(&Line::Log { last: store.log_end()? }.text()?)?;
    let mut after = ProcessId(0);
    loop {
        let page = store.processes(after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        page.into_iter().try_for_each(|process| out.process(store, process.id))?;
    }
    for table in tables {
        let mut after = 0;
        loop {
            let page = store.rows(&table, after, PAGE)?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            for (id, row) in page {
                out.put(&Line::Row { table: table.clone(), id, row: row.record }.text()?)?;
            }
        }
    }
    let Out { mut to, mut progress, done } = out;
    writeln!(to, "{}", Line::End(done).text()?)?;
    to.flush()?;
    progress(done);
    Ok(done)
}

/// Returns the tables that have had rows.
///
/// # Errors
/// If the store fails.
pub fn all_tables(store: &dyn Store) -> StoreResult<Vec<String>> {
    let mut tables: Vec<String> = Vec::new();
    loop {
        let page = store.tables(tables.last().map(String::as_str), PAGE)?;
        if page.is_empty() {
            return Ok(tables);
        }
        tables.extend(page);
    }
}

struct Out<W, P> {
    to: W,
    progress: P,
    done: u64,
}

impl<W: Write, P: FnMut(u64)> Out<W, P> {
    fn put(&mut self, line: &str) -> Result<(), TransferError> {
        self.to.write_all(line.as_bytes())?;
        self.to.write_all(b"\n")?;
        self.done += 1;
        if self.done.is_multiple_of(TOLD) {
            (self.progress)(self.done);
        }
        Ok(())
    }

    /// Writes a process as it was at one time.
    fn process(&mut self, store: &dyn Store, id: ProcessId) -> Result<(), TransferError> {
        for _ in 0..ATTEMPTS {
            let (mut held, mut length, mut through) = (Vec::new(), 0, false);
            let read = visit_process(store, id, &mut |line| {
                if through {
                    return self.put(&line);
                }
                length += line.len();
                held.push(line);
                // Lines that are too long to be held back are written at once. If the process changes then, the export
                // fails.
                through = length > HELD;
                if through { held.drain(..).try_for_each(|line| self.put(&line)) } else { Ok(()) }
            })?;
            match read {
                Read::Whole => return held.iter().try_for_each(|line| self.put(line)),
                Read::Gone if !through => return Ok(()),
                Read::Changed | Read::Gone if through => break,
                Read::Changed | Read::Gone => {}
            }
        }
        Err(TransferError::Changed(id))
    }
}

/// The outcome of reading a process.
enum Read {
    Whole,
    Changed,
    Gone,
}

/// Passes on the lines of a process, each record as it is read.
fn visit_process(
    store: &dyn Store,
    id: ProcessId,
    put: &mut dyn FnMut(String) -> Result<(), TransferError>,
) -> Result<Read, TransferError> {
    let Some(process) = store.process(id)? else { return Ok(Read::Gone) };
    let Some(data) = store.process_data(id)? else { return Ok(Read::Changed) };
    let Stored { revision, record } = process;
    put(Line::Process(record).text()?)?;
    if data != ProcessData::default() {
        put(Line::Data(data).text()?)?;
    }
    let mut after = 0;
    loop {
        let page = store.tasks(id, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.id.ordinal;
        page.into_iter().try_for_each(|task| put(Line::Task(task).text()?))?;
    }
    let mut after = None;
    loop {
        let page = store.scopes(id, after, PAGE)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.number);
        page.into_iter().try_for_each(|(id, scope)| put(Line::Scope { id, scope }.text()?))?;
    }
    let mut after = 0;
    loop {
        let page = store.events(id, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.number;
        page.into_iter().try_for_each(|Logged { cursor: at, event }| put(Line::Logged { at, event }.text()?))?;
    }
    // Each change of a task, a scope or an event also changes the process.
    Ok(match store.process(id)? {
        Some(now) if now.revision == revision => Read::Whole,
        Some(_) => Read::Changed,
        None => Read::Gone,
    })
}

/// Returns the lines of a process that no longer changes, and of its row in `table`.
///
/// # Errors
/// If the store fails. [`TransferError::Changed`] if the process does change.
pub fn process_lines(store: &dyn Store, id: ProcessId, table: Option<&str>) -> Result<Vec<String>, TransferError> {
    let mut lines = Vec::new();
    let read = visit_process(store, id, &mut |line| {
        lines.push(line);
        Ok(())
    })?;
    if !matches!(read, Read::Whole) {
        return Err(TransferError::Changed(id));
    }
    if let Some(table) = table
        && let Some(row) = store.row(table, id.0)?
    {
        lines.push(Line::Row { table: table.to_owned(), id: id.0, row: row.record }.text()?);
    }
    Ok(lines)
}
