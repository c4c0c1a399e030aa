//! Reads events: of a process, of the log, and by time.

use std::ops::Bound;

use viewflow_store::{HistoryCursor, LogCursor, Logged, ProcessId, StoreResult, UserId};

use crate::describe::describe;
use crate::entry;
use crate::json::cut_short;
use crate::key;
use crate::read::Reader;
use crate::run::{EVENTS, Run, Whose};

/// How many entries of the log are read at a time.
const RUNS: usize = 256;

/// The events of a process after a number.
pub(crate) fn of_process(reader: &Reader, process: ProcessId, after: u32, limit: usize) -> StoreResult<Vec<Logged>> {
    let what = || format!("an event of process {process}");
    let first = Bound::Excluded(key::events_through(process, after));
    let mut events: Vec<Logged> = Vec::new();
    if limit == 0 {
        return Ok(events);
    }
    reader.contents(&key::events(process), first, limit, &what, |key, content| {
        let run = Run::read(&content.bytes, &what)?.events(Whose::of(key, content.revision)?);
        events.extend(run.filter(|event| event.number > after));
        Ok(events.len() < limit)
    })?;
    events.truncate(limit);
    Ok(events)
}

/// The events of the log after a place.
pub(crate) fn log(reader: &Reader, after: Option<LogCursor>, limit: usize) -> StoreResult<Vec<Logged>> {
    let first = behind(after);
    let mut found = Vec::new();
    runs(reader, &entry::whole_log(), first, limit, |run| {
        found.extend(run.filter(|logged| after.is_none_or(|after| logged.cursor > after)));
        found.len()
    })?;
    found.truncate(limit);
    Ok(found)
}

/// The places of the last events of the runs in the log, after a place.
pub(crate) fn log_places(reader: &Reader, after: Option<LogCursor>, limit: usize) -> StoreResult<Vec<LogCursor>> {
    reader.listed(&entry::whole_log(), behind(after), limit, entry::log_place)
}

/// The first entry of the log that may have events after a place. A run's entry is at the place of its last event.
fn behind(after: Option<LogCursor>) -> Bound<Vec<u8>> {
    after.map_or(Bound::Unbounded, |after| match after.index.checked_add(1) {
        Some(index) => Bound::Included(entry::log(LogCursor { index, ..after }, ProcessId(0), 0)),
        None => Bound::Excluded(entry::log(after, ProcessId(u64::MAX), u32::MAX)),
    })
}

/// The events of everybody, or of one person, before a place, the newest first.
pub(crate) fn history(
    reader: &Reader,
    by: Option<&UserId>,
    before: Option<HistoryCursor>,
    limit: usize,
) -> StoreResult<Vec<Logged>> {
    let list = entry::history(by);
    let first = before.map_or(Bound::Unbounded, |before| {
        // The run of the event at `before` may end after that event.
        let behind = HistoryCursor { number: before.number.saturating_add(EVENTS), ..before };
        Bound::Included(entry::in_history(list.clone(), behind))
    });
    let mut found = Vec::new();
    runs(reader, &list, first, limit, |run| {
        found.extend(run.rev().filter(|logged| before.is_none_or(|before| HistoryCursor::of(logged) < before)));
        found.len()
    })?;
    found.truncate(limit);
    Ok(found)
}

/// Visits the runs that the entries of a list point to, until `visit` returns that it has `limit` events.
fn runs(
    reader: &Reader,
    list: &[u8],
    after: Bound<Vec<u8>>,
    limit: usize,
    mut visit: impl FnMut(&mut dyn DoubleEndedIterator<Item = Logged>) -> usize,
) -> StoreResult<()> {
    let (mut after, mut left) = (after, limit);
    while left > 0 {
        let wanted = left.min(RUNS);
        let mut entries = Vec::new();
        reader.entries(list, after, wanted, |entry, _| {
            entries.push(entry.to_vec());
            Ok(())
        })?;
        for entry in &entries {
            let key = entry::run_of(entry).ok_or_else(|| cut_short("an entry of the log"))?;
            let what = || describe(&key);
            // A run that was forgotten in between is left out.
            let Some(content) = reader.content(&key, &what)? else { continue };
            let mut events = Run::read(&content.bytes, &what)?.events(Whose::of(&key, content.revision)?);
            left = limit.saturating_sub(visit(&mut events));
            if left == 0 {
                break;
            }
        }
        match entries.pop() {
            Some(end) if entries.len() + 1 == wanted => after = Bound::Excluded(end),
            _ => break,
        }
    }
    Ok(())
}
