//! Reads an export into an empty store.

use std::collections::BTreeSet;
use std::io::{BufRead, Read};

use serde_json::Value;

use super::{Head, Line, OLDEST, TOLD, TransferError, VERSION};
use crate::id::ProcessId;
use crate::store::{Change, Commit, Document, Event, Expect, Key, ProcessData, ProcessRecord, Receipt, Store};

/// The greatest number of records in one commit.
const RECORDS: usize = 500;
/// The number of bytes in lines after which a commit is full.
const BYTES: usize = 1 << 20;
/// The greatest length of a line.
const LONGEST: u64 = 1 << 30;

/// Reads what [`export`](super::export) wrote into an empty store. Returns how many records there are.
///
/// The function calls `progress` with the number of records written, about every thousand and at the end.
///
/// It writes the records in commits of some hundred. If it fails half way, the store holds a part of the export. The
/// next import refuses that store: start again with an empty one. No other program should use the store meanwhile.
///
/// # Errors
/// [`TransferError::NotEmpty`], [`TransferError::NotAnExport`] and [`TransferError::OtherVersion`]: then nothing was
/// written. Otherwise if a line is wrong or missing, or the store fails.
pub fn import(store: &dyn Store, from: impl BufRead, progress: impl FnMut(u64)) -> Result<u64, TransferError> {
    check_empty(store)?;
    let mut lines = Lines { from, number: 0, text: Vec::new(), whole: true };
    if !lines.next()? {
        return Err(TransferError::NotAnExport);
    }
    let head: Head = serde_json::from_slice(&lines.text).map_err(|_| TransferError::NotAnExport)?;
    match head.version {
        _ if head.viewflow != "export" => return Err(TransferError::NotAnExport),
        OLDEST..=VERSION => {}
        found => return Err(TransferError::OtherVersion { found }),
    }
    let mut batch = Batch::new(store, progress);
    while lines.next()? {
        let line = lines.read()?;
        if let Line::End(count) = line {
            if count != batch.done {
                let told = format!("says that there are {count} records, and there are {}", batch.done);
                return Err(lines.wrong(told));
            }
            if lines.next()? {
                return Err(lines.wrong("comes after the last line".to_owned()));
            }
            return batch.finish();
        }
        batch.add(line, lines.number, lines.text.len()).map_err(|detail| lines.wrong(detail))?;
        batch.write_if_full()?;
    }
    Err(TransferError::CutShort { line: lines.number })
}

/// Removes the data of a process from its own line, where exports up to version 2 have it.
fn data_within(process: &mut ProcessRecord) -> Result<ProcessData, String> {
    let mut within = Document::new();
    for key in ["seed", "artifact", "data"] {
        within.extend(process.unknown.remove(key).map(|value| (key.to_owned(), value)));
    }
    serde_json::from_value(Value::Object(within)).map_err(|error| format!("is no process: {error}"))
}

fn check_empty(store: &dyn Store) -> Result<(), TransferError> {
    let what = if let Some(process) = store.processes(ProcessId(0), 1)?.first() {
        format!("process {}", process.id)
    } else if let Some(table) = store.tables(None, 1)?.first() {
        format!("table `{table}`")
    } else {
        return Ok(());
    };
    Err(TransferError::NotEmpty { what })
}

struct Lines<R> {
    from: R,
    number: u64,
    text: Vec<u8>,
    /// Whether the line has its line end.
    whole: bool,
}

impl<R: BufRead> Lines<R> {
    /// Goes on to the next line. Returns whether there is one.
    fn next(&mut self) -> Result<bool, TransferError> {
        self.text.clear();
        let read = self.from.by_ref().take(LONGEST).read_until(b'\n', &mut self.text)?;
        self.number += u64::from(read > 0);
        self.whole = self.text.pop_if(|last| *last == b'\n').is_some();
        if read as u64 == LONGEST && !self.whole {
            return Err(self.wrong("is too long".to_owned()));
        }
        Ok(read > 0)
    }

    fn read(&self) -> Result<Line, TransferError> {
        serde_json::from_slice(&self.text).map_err(|error| {
            if !self.whole {
                return TransferError::CutShort { line: self.number };
            }
            // serde's position is within the line.
            let detail = error.to_string().replace(" at line 1 column ", " at column ");
            self.wrong(format!("is no record: {detail}"))
        })
    }

    fn wrong(&self, detail: String) -> TransferError {
        TransferError::BadLine { line: self.number, detail }
    }
}

/// The content of the next commit, and the commit before it.
struct Batch<'s, P> {
    store: &'s dyn Store,
    progress: P,
    done: u64,
    commit: Commit,
    keys: BTreeSet<Key>,
    bytes: usize,
    /// The first and last line in it.
    lines: Option<(u64, u64)>,
    /// The commit before it, which may not be durable yet.
    before: Option<Receipt>,
    /// The process whose tasks, scopes and events follow.
    process: Option<ProcessId>,
    /// The process whose data may follow.
    data: Option<ProcessId>,
    /// The last task, the next scope and the last event of the process.
    last: (u32, u32, u32),
    /// The number of the last commit in the log.
    log: u64,
}

impl<'s, P: FnMut(u64)> Batch<'s, P> {
    fn new(store: &'s dyn Store, progress: P) -> Self {
        Self {
            store,
            progress,
            done: 0,
            commit: Commit::default(),
            keys: BTreeSet::new(),
            bytes: 0,
            lines: None,
            before: None,
            process: None,
            data: None,
            last: (0, 0, 0),
            log: 0,
        }
    }

    fn add(&mut self, line: Line, number: u64, bytes: usize) -> Result<(), String> {
        let change = match line {
            Line::Numbers { table, last } => Change::Numbers { table, last },
            Line::Process(mut new) => {
                self.is_new(Key::Process(new.id))?;
                (self.process, self.last) = (Some(new.id), (0, 0, 0));
                let data = data_within(&mut new)?;
                self.data = if data == ProcessData::default() { Some(new.id) } else { None };
                if self.data.is_none() {
                    self.commit.changes.push(Change::Data { process: new.id, new: Box::new(data) });
                }
                Change::process(None, new)
            }
            Line::Data(data) => {
                let process = self.data.take().ok_or("is the data of no process")?;
                Change::Data { process, new: Box::new(data) }
            }
            Line::Task(new) => {
                self.follows(new.id.process, &format!("task {}", new.id), new.id.ordinal > self.last.0)?;
                self.last.0 = new.id.ordinal;
                Change::task(None, new)
            }
            Line::Scope { id, scope } => {
                self.follows(id.process, &format!("scope {}", id.number), id.number >= self.last.1)?;
                self.last.1 = id.number.saturating_add(1);
                Change::Scope { id, new: Some(scope) }
            }
            Line::Row { table, id, row } => {
                self.is_new(Key::Row(table.clone(), id))?;
                crate::store::limit::check_keys(&table, &row).map_err(|error| format!("is no row: {error}"))?;
                Change::Row { table, id, old: None, new: Some(row) }
            }
            Line::Log { last } => {
                self.log = last;
                Change::Log { last }
            }
            Line::Event(event) => {
                self.event(event)?;
                self.count(number, bytes);
                return Ok(());
            }
            Line::Logged { at, event } => {
                // Places belong to the first events of a commit; an export has them for all or for none.
                if self.commit.places.len() < self.commit.events.len() {
                    return Err("is an event with a place in the log, and there are others without one".to_owned());
                }
                if at.commit > self.log {
                    return Err(format!("has its place behind the end of the log, which is {}", self.log));
                }
                self.event(event)?;
                self.commit.places.push(at);
                self.count(number, bytes);
                return Ok(());
            }
            Line::End(_) => return Err("comes too early".to_owned()),
        };
        self.commit.changes.push(change);
        self.count(number, bytes);
        Ok(())
    }

    fn event(&mut self, event: Event) -> Result<(), String> {
        self.follows(event.process, &format!("event {}", event.number), event.number > self.last.2)?;
        self.last.2 = event.number;
        self.commit.events.push(event);
        Ok(())
    }

    fn count(&mut self, number: u64, bytes: usize) {
        self.done += 1;
        self.bytes += bytes;
        self.lines = Some((self.lines.map_or(number, |(first, _)| first), number));
    }

    /// Checks that nothing is overwritten, either by the commit itself or in the store.
    fn is_new(&mut self, key: Key) -> Result<(), String> {
        if !self.keys.insert(key.clone()) {
            return Err(format!("is {key} for the second time"));
        }
        self.commit.expect.push(Expect::Revision(key, None));
        Ok(())
    }

    /// Checks that a record of a process comes after the process, and in order.
    fn follows(&self, process: ProcessId, what: &str, in_order: bool) -> Result<(), String> {
        if self.process != Some(process) {
            return Err(format!("is {what} of process {process}, and does not follow its process"));
        }
        if in_order { Ok(()) } else { Err(format!("is {what} of process {process}, and is out of order")) }
    }

    fn write_if_full(&mut self) -> Result<(), TransferError> {
        let full = self.commit.changes.len() + self.commit.events.len() >= RECORDS || self.bytes >= BYTES;
        if full { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), TransferError> {
        let Some((first, last)) = self.lines.take() else { return Ok(()) };
        let refused = |source| TransferError::Refused { first, last, source };
        // At most one commit is on its way while the next one is read.
        self.before.take().map_or(Ok(()), Receipt::wait).map_err(refused)?;
        let commit = std::mem::take(&mut self.commit);
        self.before = Some(self.store.commit(commit).map_err(refused)?);
        self.keys.clear();
        self.bytes = 0;
        let lines = last - first + 1;
        if self.done / TOLD > (self.done - lines) / TOLD {
            (self.progress)(self.done);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<u64, TransferError> {
        self.write()?;
        self.before.take().map_or(Ok(()), Receipt::wait).map_err(TransferError::Store)?;
        (self.progress)(self.done);
        Ok(self.done)
    }
}
