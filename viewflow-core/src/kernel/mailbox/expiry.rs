//! When kept letters expire: a list of the mailboxes at which no task waits, ordered by the time of their oldest
//! letter.
//!
//! A mailbox has one entry in the list, however many letters it keeps. It has none while a task waits, because a letter
//! for which a task waits is as good as taken. A due entry is removed, and what is left in the mailbox gets a new
//! entry.

use serde_json::Value;
use viewflow_store::{RowRecord, Timestamp};

use super::{LETTERS, MAILBOX, MAILBOXES, Mailbox, read, row_of, until_of, write};
use crate::error::Result;
use crate::unit::Unit;

/// The table of the list. The number of a row encodes the time, so the first row is the next one due.
pub(crate) const EXPIRIES: &str = "viewflow.expiry";
/// How many of the lowest bits of a number distinguish mailboxes with the same time.
const APART: u32 = 20;
/// The latest time of an entry, in milliseconds, so that a number has 63 bits. An entry with that time is never due.
const LAST: u64 = (1 << 43) - 1;
/// How long the engine leaves an unreadable mailbox alone.
const LATER: std::time::Duration = std::time::Duration::from_hours(24);
/// About how many letters one step drops.
const AT_ONCE: usize = 64;

/// Returns whether the time of an entry has come.
pub(crate) fn is_due(entry: u64, now: Timestamp) -> bool {
    let millis = entry >> APART;
    millis < LAST && i64::try_from(millis).is_ok_and(|millis| millis <= now.as_millis())
}

/// Adds an entry for the mailboxes of a row. Returns its number.
fn enter(unit: &mut Unit, row: u64, until: Timestamp) -> Result<u64> {
    let millis = u64::try_from(until.as_millis()).unwrap_or(0).min(LAST);
    let mut entry = (millis << APART) | (row % (1 << APART)).max(1);
    loop {
        let taken = unit.row(EXPIRIES, entry).map(|row| row.is_some());
        if unit.pass_over(taken)? == Some(false) {
            break;
        }
        entry += 1;
    }
    unit.put_row(EXPIRIES, entry, Some(RowRecord::of([("mailbox", row.into())])))?;
    Ok(entry)
}

/// The result of one step of sweeping.
#[derive(Default)]
pub(crate) struct Swept {
    /// How many entries are dealt with.
    pub(crate) done: usize,
    /// The last entry that it came to.
    pub(crate) last: Option<u64>,
}

/// Drops some of the expired letters in mailboxes at which no task waits. Only entries after `after` count.
pub(crate) fn sweep(unit: &mut Unit, after: u64) -> Result<Swept> {
    let mut swept = Swept::default();
    let mut forgotten = 0;
    let entries = unit.store.row_ids(EXPIRIES, after, AT_ONCE)?;
    for entry in entries.into_iter().take_while(|entry| is_due(*entry, unit.now)).collect::<Vec<_>>() {
        if forgotten >= AT_ONCE {
            break;
        }
        swept.last = Some(entry);
        let record = unit.row_copy(EXPIRIES, entry);
        let Some(record) = unit.pass_over(record)? else { continue };
        unit.put_row(EXPIRIES, entry, None)?;
        swept.done += 1;
        let row = record.and_then(|record| record.data.get("mailbox").and_then(Value::as_u64));
        if let Some(row) = row {
            forgotten += look(unit, row, entry)?;
        }
    }
    Ok(swept)
}

/// Looks at the mailboxes of a row, as one of their entries is due. Returns how many letters were dropped.
fn look(unit: &mut Unit, row: u64, entry: u64) -> Result<usize> {
    let boxes = read(unit, row);
    let Some(mut boxes) = unit.pass_over(boxes)? else {
        return enter(unit, row, unit.now.after(LATER)).map(|_| 0);
    };
    let mut forgotten = 0;
    for mailbox in &mut boxes {
        mailbox.expiry = mailbox.expiry.filter(|its| *its != entry);
        forgotten += mailbox.expire(unit)?;
    }
    write(unit, row, boxes)?;
    Ok(forgotten)
}

/// Adds entries for mailboxes that an earlier release has written, in at most `limit` rows after `after`. Returns the
/// last row looked at, if there may be more.
pub(crate) fn enter_all(unit: &mut Unit, after: u64, limit: usize) -> Result<Option<u64>> {
    let rows = unit.store.row_ids(MAILBOXES, after, limit)?;
    for row in &rows {
        let boxes = read(unit, *row);
        let Some(mut boxes) = unit.pass_over(boxes)? else { continue };
        let before = boxes.clone();
        boxes.iter_mut().try_for_each(|mailbox| mailbox.note_expiry(unit))?;
        if boxes != before {
            write(unit, *row, boxes)?;
        }
    }
    Ok(rows.last().copied().filter(|_| rows.len() == limit))
}

impl Mailbox {
    /// Makes sure of an entry for the time when the oldest letter expires, if no task waits for it.
    pub(super) fn note_expiry(&mut self, unit: &mut Unit) -> Result<()> {
        match self.expiry {
            Some(entry) if self.kept == 0 => {
                let gone = unit.put_row(EXPIRIES, entry, None);
                unit.pass_over(gone)?;
                self.expiry = None;
            }
            None if self.waiting == 0 && self.free() > 0 => {
                let oldest = self.letters(MAILBOX).next(unit)?;
                let letter = oldest.map_or(Ok(None), |letter| unit.row(LETTERS, letter))?;
                if let Some(until) = letter.and_then(until_of) {
                    self.expires_at(unit, until)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes that the first letter is put into the mailbox, to be kept until `until`. This saves looking for the
    /// oldest.
    pub(super) fn first_is_kept(&mut self, unit: &mut Unit, until: Option<Timestamp>) -> Result<()> {
        match until {
            Some(until) if self.waiting == 0 && self.kept == 0 && self.expiry.is_none() => self.expires_at(unit, until),
            _ => Ok(()),
        }
    }

    fn expires_at(&mut self, unit: &mut Unit, until: Timestamp) -> Result<()> {
        self.expiry = Some(enter(unit, row_of(&self.name, &self.key), until)?);
        Ok(())
    }
}
