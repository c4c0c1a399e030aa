//! Mailboxes: where those of one name and key who wait and what was sent meet.
//!
//! A row of [`MAILBOXES`] is there as long as somebody waits or something is kept in it; whoever sends and whoever begins to wait
//! writes it, so that neither misses the other.

mod expiry;
mod lying;
mod renew;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::definition::{Delivery, Latch, Letter};
use crate::error::{Error, Result};
use crate::unit::Unit;
use crate::unit::versions::About;
use crate::unit::walk::Walk;
pub use viewflow_store::__private::MAILBOXES;

pub(crate) use expiry::{EXPIRIES, Swept, enter_all, is_due, sweep};
use lying::{Letters, readable, until_of};
pub(crate) use renew::{OtherKey, follow, forward, letters};
use viewflow_store::__private::stable_hash;
use viewflow_store::{Document, IndexEntry, RowRecord, StoreError, TaskId, TaskList, Timestamp};

/// The indexed field of rows that a worker has to look at.
pub(crate) const READY: &str = "ready";
/// The table of the messages that are kept, a row for each; the older one has the smaller number.
pub const LETTERS: &str = "viewflow.letter";
/// The indexed field that tells the mailbox of a letter.
pub const MAILBOX: &str = "mailbox";
/// The same, of a letter that is promised to somebody whose process is suspended.
pub const PROMISED: &str = "promised";
/// How many letters that were kept too long are forgotten at once.
const FORGET: usize = 64;

/// Where those of one name and key who wait and what was sent meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mailbox {
    pub(crate) name: String,
    pub(crate) key: String,
    /// The number by which its letters are found.
    number: u64,
    /// How many wait.
    pub(crate) waiting: u64,
    /// How many of them are of processes that are suspended, and take nothing.
    #[serde(default)]
    resting: u64,
    /// How many letters lie in it that nobody has taken.
    kept: u64,
    /// How many of them are promised to those who take nothing now: they are nobody else's, and are kept however long it takes.
    #[serde(default)]
    promised: u64,
    /// Its entry in the list by which it is swept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expiry: Option<u64>,
    /// The newest letter that is not promised, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    newest: Option<u64>,
}

/// A letter in a mailbox.
pub(crate) struct Kept {
    row: u64,
    pub(crate) content: Document,
    pub(crate) until: Option<Timestamp>,
    /// Whether it is dropped when nobody waits for it any more.
    fleeting: bool,
}

impl Mailbox {
    fn is_ready(&self) -> bool {
        self.can_be_taken() && self.free() > 0
    }

    /// How many letters are not promised.
    fn free(&self) -> u64 {
        self.kept.saturating_sub(self.promised)
    }

    /// How many wait who take what comes.
    fn taking(&self) -> u64 {
        self.waiting.saturating_sub(self.resting)
    }

    /// Whether somebody waits who takes what comes.
    pub(crate) fn can_be_taken(&self) -> bool {
        self.taking() > 0
    }

    /// Its letters at one place, promised or not, oldest first, as this step sees them.
    fn letters(&self, place: &'static str) -> Letters {
        Letters::new(self.number, place)
    }

    /// The oldest letter that is not promised.
    pub(crate) fn first(&self, unit: &mut Unit) -> Result<Option<Kept>> {
        let Some(row) = self.letters(MAILBOX).next(unit)? else { return Ok(None) };
        let Some(record) = unit.row(LETTERS, row)? else { return Ok(None) };
        let (until, fleeting) = (until_of(record), record.data.contains_key("fleeting"));
        match record.data.get("content") {
            Some(Value::Object(content)) => Ok(Some(Kept { row, content: content.clone(), until, fleeting })),
            _ => Err(damaged(format!("letter {row}"), "it has no content")),
        }
    }

    /// Takes a letter out.
    pub(crate) fn take(&mut self, unit: &mut Unit, letter: &Kept) -> Result<()> {
        self.drop_row(unit, letter.row)
    }

    fn drop_row(&mut self, unit: &mut Unit, row: u64) -> Result<()> {
        self.kept = self.kept.saturating_sub(1);
        self.newest = self.newest.filter(|newest| *newest != row);
        unit.put_row(LETTERS, row, None)
    }

    fn put(&mut self, unit: &mut Unit, letter: &Letter, until: Option<Timestamp>, promised: bool) -> Result<()> {
        let row = unit.store.next_row(LETTERS)?;
        let mut data = Document::new();
        data.insert("content".to_owned(), Value::Object(letter.content.clone()));
        data.extend((letter.latch == Latch::Drop).then(|| ("fleeting".to_owned(), Value::Bool(true))));
        data.extend(until.map(|until| ("until".to_owned(), Value::from(until.as_millis()))));
        self.first_is_kept(unit, until)?;
        self.kept += 1;
        self.promised += u64::from(promised);
        self.newest = if promised { self.newest } else { Some(row) };
        self.place(unit, row, data, promised)
    }

    fn place(&self, unit: &mut Unit, row: u64, mut data: Document, promised: bool) -> Result<()> {
        let (place, other) = if promised { (PROMISED, MAILBOX) } else { (MAILBOX, PROMISED) };
        let number = Value::from(self.number);
        data.remove(other);
        data.insert(place.to_owned(), number.clone());
        let index = vec![IndexEntry { field: place.to_owned(), value: number, unique: false }];
        unit.put_row(LETTERS, row, Some(RowRecord { data, index, ..RowRecord::default() }))
    }

    /// Promises a letter to somebody who takes nothing now, or takes the promise back.
    fn promise(&mut self, unit: &mut Unit, row: u64, promised: bool) -> Result<()> {
        let data = unit.row(LETTERS, row)?.map(|record| record.data.clone());
        self.promised = if promised { self.promised + 1 } else { self.promised.saturating_sub(1) };
        self.newest = None;
        self.place(unit, row, data.ok_or(Error::Internal("a letter"))?, promised)
    }

    /// The rows of the letters that nobody waits for, oldest first.
    fn surplus(&self, unit: &mut Unit) -> Result<Vec<u64>> {
        let surplus = self.free().saturating_sub(self.taking());
        if surplus == 0 {
            return Ok(Vec::new());
        }
        if let (1, Some(newest)) = (surplus, self.newest) {
            let letter = readable(unit, newest);
            if unit.pass_over(letter)? == Some(true) {
                return Ok(vec![newest]);
            }
        }
        let mut letters = self.letters(MAILBOX);
        letters.take(unit, self.taking())?;
        letters.take(unit, surplus)
    }

    /// Forgets letters that were kept too long; what somebody waits for is as good as taken.
    fn expire(&mut self, unit: &mut Unit) -> Result<usize> {
        if self.waiting > 0 || self.kept == 0 { Ok(0) } else { self.forget(unit, unit.now) }
    }

    /// Forgets some of the letters that were to be kept until `time` or less, the oldest first. Those that are promised stay. Answers
    /// with how many there were.
    pub(crate) fn forget(&mut self, unit: &mut Unit, time: Timestamp) -> Result<usize> {
        let (mut letters, mut forgotten) = (self.letters(MAILBOX), 0);
        while forgotten < FORGET
            && let Some(row) = letters.next(unit)?
        {
            // If the oldest one is to be kept, so are the others.
            if unit.row(LETTERS, row)?.and_then(until_of).is_none_or(|until| time < until) {
                break;
            }
            self.drop_row(unit, row)?;
            forgotten += 1;
        }
        Ok(forgotten)
    }
}

fn damaged(what: String, detail: impl ToString) -> Error {
    StoreError::Damaged { what, detail: detail.to_string() }.into()
}

/// The row of a name and key. Others may share it.
fn row_of(name: &str, key: &str) -> u64 {
    stable_hash([name, key])
}

/// The mailboxes of a row.
pub(crate) fn read(unit: &mut Unit, row: u64) -> Result<Vec<Mailbox>> {
    let Some(record) = unit.row(MAILBOXES, row)? else { return Ok(Vec::new()) };
    let boxes = record.data.get("boxes").cloned().unwrap_or(Value::Null);
    serde_json::from_value(boxes).map_err(|error| damaged(format!("mailbox {row}"), error))
}

/// Changes a mailbox.
pub(crate) fn change<R>(
    unit: &mut Unit,
    name: &str,
    key: &str,
    work: impl FnOnce(&mut Unit, &mut Mailbox) -> Result<R>,
) -> Result<R> {
    let row = row_of(name, key);
    let mut boxes = read(unit, row)?;
    let index = match boxes.iter().position(|mailbox| (mailbox.name.as_str(), mailbox.key.as_str()) == (name, key)) {
        Some(index) => index,
        None => {
            let number = unit.store.next_row(MAILBOXES)?;
            let (name, key) = (name.to_owned(), key.to_owned());
            let (expiry, newest) = (None, None);
            boxes.push(Mailbox { name, key, number, waiting: 0, resting: 0, kept: 0, promised: 0, expiry, newest });
            boxes.len() - 1
        }
    };
    let answer = work(unit, &mut boxes[index])?;
    write(unit, row, boxes)?;
    Ok(answer)
}

fn write(unit: &mut Unit, row: u64, mut boxes: Vec<Mailbox>) -> Result<()> {
    boxes.iter_mut().try_for_each(|mailbox| mailbox.note_expiry(unit))?;
    boxes.retain(|mailbox| mailbox.waiting > 0 || mailbox.kept > 0);
    if boxes.is_empty() {
        return unit.put_row(MAILBOXES, row, None);
    }
    let ready = boxes.iter().any(Mailbox::is_ready);
    let value = serde_json::to_value(boxes).map_err(Error::other)?;
    let entry = IndexEntry { field: READY.to_owned(), value: Value::Bool(true), unique: false };
    let record = RowRecord {
        data: [("boxes".to_owned(), value)].into_iter().collect(),
        index: if ready { vec![entry] } else { Vec::new() },
        ..RowRecord::default()
    };
    unit.put_row(MAILBOXES, row, Some(record))
}

/// Somebody begins to wait, for what was not kept too long before.
pub(crate) fn wait(unit: &mut Unit, name: &str, key: &str) -> Result<()> {
    unit.rely_on(About::Keys, name);
    change(unit, name, key, |unit, mailbox| {
        mailbox.expire(unit)?;
        mailbox.waiting += 1;
        Ok(())
    })
}

/// A task that waits takes nothing for a while. What lies there for it, and what comes meanwhile, is promised to it.
pub(crate) fn rest(unit: &mut Unit, name: &str, key: &str, task: TaskId) -> Result<()> {
    let changed = change(unit, name, key, |unit, mailbox| {
        mailbox.resting += 1;
        if mailbox.free() == 0 {
            return Ok(());
        }
        // The first letter is for the first who waits, unless it was over when that task began to.
        let list = TaskList::Message(name.to_owned(), key.to_owned());
        let (mut waiting, mut letters) = (Walk::new(None, 1), mailbox.letters(MAILBOX));
        while let Some(other) = waiting.next(|after, size| unit.waiting_after(&list, after, size))? {
            let created = unit.task(other.task)?.created;
            let its = letters.first_for(unit, created)?;
            if other.task == task || its.is_none() {
                return its.map_or(Ok(()), |row| mailbox.promise(unit, row, true));
            }
        }
        Ok(())
    });
    unit.pass_over(changed).map(drop)
}

/// A task that waits since `created` takes again what comes. One letter that was promised is free then: the oldest that was not over
/// when the task began to wait, so that those are left which others can take.
pub(crate) fn wake(unit: &mut Unit, name: &str, key: &str, created: Timestamp) -> Result<()> {
    let changed = change(unit, name, key, |unit, mailbox| {
        mailbox.resting = mailbox.resting.saturating_sub(1);
        let mut free = mailbox.letters(PROMISED).first_for(unit, created)?;
        if free.is_none() && mailbox.promised > mailbox.resting {
            // None stays that nobody is left to take.
            free = mailbox.letters(PROMISED).next(unit)?;
        }
        free.map_or(Ok(()), |row| mailbox.promise(unit, row, false))
    });
    unit.pass_over(changed).map(drop)
}

/// Somebody waits no more. Of messages that are not kept none stays for whoever begins to wait later.
pub(crate) fn leave(unit: &mut Unit, name: &str, key: &str) -> Result<()> {
    let left = change(unit, name, key, |unit, mailbox| {
        mailbox.waiting = mailbox.waiting.saturating_sub(1);
        match mailbox.first(unit)? {
            Some(letter) if letter.fleeting && mailbox.free() > mailbox.taking() => mailbox.take(unit, &letter),
            _ => Ok(()),
        }
    });
    // Whoever waits at a mailbox that cannot be read can be canceled all the same.
    unit.pass_over(left).map(drop)
}

/// Puts a message where those who wait for it look.
pub(crate) fn post(unit: &mut Unit, letter: &Letter) -> Result<Delivery> {
    unit.rely_on(About::Keys, letter.name);
    let now = unit.now;
    change(unit, letter.name, &letter.key, |unit, mailbox| {
        let awaited = mailbox.waiting > mailbox.kept;
        let kept_for = match letter.latch {
            Latch::Drop if !awaited => return Ok(Delivery::Dropped),
            Latch::Drop => None,
            Latch::Keep(kept_for) | Latch::Last(kept_for) => kept_for,
        };
        if let (Latch::Last(_), false) = (letter.latch, awaited) {
            for row in mailbox.surplus(unit)? {
                mailbox.drop_row(unit, row)?;
            }
        }
        let promised = awaited && mailbox.free() >= mailbox.taking();
        mailbox.put(unit, letter, kept_for.map(|kept_for| now.after(kept_for)), promised)?;
        Ok(if awaited { Delivery::Waiting } else { Delivery::Kept })
    })
}
