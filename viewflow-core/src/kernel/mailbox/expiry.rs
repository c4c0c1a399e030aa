//! When what is kept is over: a list of the mailboxes at which nobody waits, by the time of their oldest letter.
//!
//! A mailbox has one entry in it however much it keeps, and none as long as somebody waits: what somebody waits for is as good as taken.
//! An entry that is due is taken out, and there is a new one for what is left.

use serde_json::Value;
use viewflow_store::{RowRecord, Timestamp};

use super::{LETTERS, MAILBOX, MAILBOXES, Mailbox, read, row_of, until_of, write};
use crate::error::Result;
use crate::unit::Unit;

/// The table of the list. The number of a row tells the time, so that the first row is the next one that is due.
pub(crate) const EXPIRIES: &str = "viewflow.expiry";
/// How many of the lowest bits of a number tell mailboxes of one time apart.
const APART: u32 = 20;
/// The last time there is, in milliseconds, so that a number has 63 bits. An entry of that time is never due.
const LAST: u64 = (1 << 43) - 1;
/// When a mailbox that could not be read is looked at again.
const LATER: std::time::Duration = std::time::Duration::from_hours(24);
/// How many letters one step forgets, about.
const AT_ONCE: usize = 64;

/// Whether the time of an entry has come.
pub(crate) fn is_due(entry: u64, now: Timestamp) -> bool {
    let millis = entry >> APART;
    millis < LAST && i64::try_from(millis).is_ok_and(|millis| millis <= now.as_millis())
}

/// An entry for the mailboxes of a row.
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

/// What one step has come to of the entries that were due.
#[derive(Default)]
pub(crate) struct Swept {
    /// How many of them are dealt with.
    pub(crate) done: usize,
    /// The last one it came to.
    pub(crate) last: Option<u64>,
}

/// Forgets what was kept too long in mailboxes at which nobody waits: of those whose entries come after `after`, some.
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

/// Looks at the mailboxes of a row as one of their entries is due. Answers with how many letters were forgotten.
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

/// Enters mailboxes that an earlier release has written, in at most `limit` rows after `after`. Answers with the last row looked at, if
/// there may be more.
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
    /// Sees to it that somebody looks when the oldest letter is over, if nobody waits for it.
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

    /// The first letter is kept in it, until then. Who knows that need not look.
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
