//! Mailboxes: where messages meet the tasks that wait for them.
//!
//! A mailbox is for one name and one key. A row of [`MAILBOXES`] exists as long as a task waits in it or a message is
//! kept in it. Senders write that row, and so do tasks that begin to wait, so that neither misses the other.

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
/// The table of kept messages, called letters, with a row for each. An older letter has a smaller number.
pub const LETTERS: &str = "viewflow.letter";
/// The indexed field that names the mailbox of a letter.
pub const MAILBOX: &str = "mailbox";
/// The indexed field that names the mailbox of a letter that is promised to a task of a suspended process.
pub const PROMISED: &str = "promised";
/// How many expired letters are dropped at once.
const FORGET: usize = 64;

/// The tasks that wait for messages of one name and key, and the messages that were sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mailbox {
    pub(crate) name: String,
    pub(crate) key: String,
    /// The number by which its letters are found.
    number: u64,
    /// How many tasks wait.
    pub(crate) waiting: u64,
    /// How many of the waiting tasks belong to suspended processes, and take nothing.
    #[serde(default)]
    resting: u64,
    /// How many letters are kept in it, promised ones included.
    kept: u64,
    /// How many letters are promised to tasks that take nothing now. No other task gets them, and they do not expire.
    #[serde(default)]
    promised: u64,
    /// Its entry in the list of mailboxes to sweep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expiry: Option<u64>,
    /// The newest letter that is not promised, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    newest: Option<u64>,
}

/// A letter in a mailbox.
pub(crate) struct Kept {
    row: u64,
    pub(crate) content: Document,
    pub(crate) until: Option<Timestamp>,
    /// Whether it is dropped when no task waits for it any longer.
    fleeting: bool,
}

impl Mailbox {
    fn is_ready(&self) -> bool {
        self.can_be_taken() && self.free() > 0
    }

    /// Returns how many letters are not promised.
    fn free(&self) -> u64 {
        self.kept.saturating_sub(self.promised)
    }

    /// Returns how many of the waiting tasks take what comes.
    fn taking(&self) -> u64 {
        self.waiting.saturating_sub(self.resting)
    }

    /// Returns whether a waiting task takes what comes.
    pub(crate) fn can_be_taken(&self) -> bool {
        self.taking() > 0
    }

    /// Returns its letters at one place ([`MAILBOX`] or [`PROMISED`]), oldest first, as this step sees them.
    fn letters(&self, place: &'static str) -> Letters {
        Letters::new(self.number, place)
    }

    /// Returns the oldest letter that is not promised.
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

    /// Promises a letter to a task that takes nothing now, or takes the promise back.
    fn promise(&mut self, unit: &mut Unit, row: u64, promised: bool) -> Result<()> {
        let data = unit.row(LETTERS, row)?.map(|record| record.data.clone());
        self.promised = if promised { self.promised + 1 } else { self.promised.saturating_sub(1) };
        self.newest = None;
        self.place(unit, row, data.ok_or(Error::Internal("a letter"))?, promised)
    }

    /// Returns the rows of the letters for which no task waits, oldest first.
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

    /// Drops expired letters, unless a task waits: then they are as good as taken. Returns how many there were.
    fn expire(&mut self, unit: &mut Unit) -> Result<usize> {
        if self.waiting > 0 || self.kept == 0 { Ok(0) } else { self.forget(unit, unit.now) }
    }

    /// Drops letters that were to be kept until `time` or an earlier time: the oldest first, some of them in one call.
    /// Promised letters stay. Returns how many were dropped.
    pub(crate) fn forget(&mut self, unit: &mut Unit, time: Timestamp) -> Result<usize> {
        let (mut letters, mut forgotten) = (self.letters(MAILBOX), 0);
        while forgotten < FORGET
            && let Some(row) = letters.next(unit)?
        {
            // If the oldest letter is to be kept, so are the others.
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

/// Returns the row of a name and key. Several names and keys may share it.
fn row_of(name: &str, key: &str) -> u64 {
    stable_hash([name, key])
}

/// Returns the mailboxes of a row.
pub(crate) fn read(unit: &mut Unit, row: u64) -> Result<Vec<Mailbox>> {
    let Some(record) = unit.row(MAILBOXES, row)? else { return Ok(Vec::new()) };
    let boxes = record.data.get("boxes").cloned().unwrap_or(Value::Null);
    serde_json::from_value(boxes).map_err(|error| damaged(format!("mailbox {row}"), error))
}

/// Changes a mailbox, and makes it if it does not exist.
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

/// Lets a task begin to wait. It does not get letters that have expired before.
pub(crate) fn wait(unit: &mut Unit, name: &str, key: &str) -> Result<()> {
    unit.rely_on(About::Keys, name);
    change(unit, name, key, |unit, mailbox| {
        mailbox.expire(unit)?;
        mailbox.waiting += 1;
        Ok(())
    })
}

/// Lets a waiting task take nothing for a while. A letter that lies there for it, or comes meanwhile, is promised to
/// it.
pub(crate) fn rest(unit: &mut Unit, name: &str, key: &str, task: TaskId) -> Result<()> {
    let changed = change(unit, name, key, |unit, mailbox| {
        mailbox.resting += 1;
        if mailbox.free() == 0 {
            return Ok(());
        }
        // The first letter is for the first waiting task, unless the letter had expired when that task began to wait.
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

/// Lets a task that has waited since `created` take again what comes. One promised letter becomes free: the oldest that
/// had not expired when the task began to wait. So the letters that stay promised are those that other tasks can take.
pub(crate) fn wake(unit: &mut Unit, name: &str, key: &str, created: Timestamp) -> Result<()> {
    let changed = change(unit, name, key, |unit, mailbox| {
        mailbox.resting = mailbox.resting.saturating_sub(1);
        let mut free = mailbox.letters(PROMISED).first_for(unit, created)?;
        if free.is_none() && mailbox.promised > mailbox.resting {
            // No letter may stay promised if no task is left to take it.
            free = mailbox.letters(PROMISED).next(unit)?;
        }
        free.map_or(Ok(()), |row| mailbox.promise(unit, row, false))
    });
    unit.pass_over(changed).map(drop)
}

/// Ends the waiting of a task. If messages are not to be kept, none stays for a task that begins to wait later.
pub(crate) fn leave(unit: &mut Unit, name: &str, key: &str) -> Result<()> {
    let left = change(unit, name, key, |unit, mailbox| {
        mailbox.waiting = mailbox.waiting.saturating_sub(1);
        match mailbox.first(unit)? {
            Some(letter) if letter.fleeting && mailbox.free() > mailbox.taking() => mailbox.take(unit, &letter),
            _ => Ok(()),
        }
    });
    // A task that waits at an unreadable mailbox can still be canceled.
    unit.pass_over(left).map(drop)
}

/// Posts a message to its mailbox. Returns what became of it.
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
