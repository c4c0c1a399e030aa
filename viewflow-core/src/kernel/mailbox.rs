//! Mailboxes: where those of one name and key who wait and what was sent meet.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::definition::{Delivery, Latch, Letter};
use crate::error::{Error, Result};
use crate::id::stable_hash;
use crate::store::{Document, IndexEntry, RowRecord, StoreError, index_key};
use crate::time::Timestamp;
use crate::unit::Unit;

/// The table of the mailboxes. A row is there as long as somebody waits or something is kept in it; whoever sends and
/// whoever begins to wait writes it, so that neither misses the other.
pub(crate) const MAILBOXES: &str = "viewflow.mailbox";
/// The indexed field of rows that a worker has to look at.
pub(crate) const READY: &str = "ready";
/// The table of the messages that are kept, a row for each; the older one has the smaller number.
const LETTERS: &str = "viewflow.letter";
/// The indexed field that tells the mailbox of a letter.
const MAILBOX: &str = "mailbox";
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
        self.can_be_taken() && self.kept > 0
    }

    /// Whether somebody waits who takes what comes.
    pub(crate) fn can_be_taken(&self) -> bool {
        self.waiting > self.resting
    }

    /// The rows of at most `limit` of its letters, oldest first, as this step sees them.
    fn letters(&self, unit: &mut Unit, limit: usize) -> Result<Vec<u64>> {
        let number = Value::from(self.number);
        let Some(key) = index_key(&number) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        let mut after = 0;
        while found.len() < limit {
            let page = unit.store.rows_by(LETTERS, MAILBOX, &key, after, limit)?;
            let Some(last) = page.last() else { break };
            after = *last;
            for row in page {
                let letter = readable(unit, row);
                if unit.pass_over(letter)? == Some(true) {
                    found.push(row);
                }
            }
        }
        let here = |record: &RowRecord| record.data.get(MAILBOX) == Some(&number);
        let posted = unit.changed_rows(LETTERS, after).filter(|(_, record)| record.is_some_and(here));
        found.extend(posted.map(|(row, _)| row));
        found.truncate(limit);
        Ok(found)
    }

    /// The oldest letter.
    pub(crate) fn first(&self, unit: &mut Unit) -> Result<Option<Kept>> {
        let Some(row) = self.letters(unit, 1)?.pop() else { return Ok(None) };
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
        unit.put_row(LETTERS, row, None)
    }

    fn put(&mut self, unit: &mut Unit, letter: &Letter, until: Option<Timestamp>) -> Result<()> {
        let row = unit.store.next_row(LETTERS)?;
        let number = Value::from(self.number);
        let mut data = Document::new();
        data.insert(MAILBOX.to_owned(), number.clone());
        data.insert("content".to_owned(), Value::Object(letter.content.clone()));
        data.extend((letter.latch == Latch::Drop).then(|| ("fleeting".to_owned(), Value::Bool(true))));
        data.extend(until.map(|until| ("until".to_owned(), Value::from(until.as_millis()))));
        let index = vec![IndexEntry { field: MAILBOX.to_owned(), value: number, unique: false }];
        self.kept += 1;
        unit.put_row(LETTERS, row, Some(RowRecord { data, index, references: Vec::new() }))
    }

    /// Forgets letters that were kept too long; what somebody waits for is as good as taken.
    fn expire(&mut self, unit: &mut Unit) -> Result<()> {
        if self.waiting > 0 || self.kept == 0 { Ok(()) } else { self.forget(unit, unit.now) }
    }

    /// Forgets some of the letters that were to be kept until `time` or less, the oldest first.
    pub(crate) fn forget(&mut self, unit: &mut Unit, time: Timestamp) -> Result<()> {
        for row in self.letters(unit, FORGET)? {
            if unit.row(LETTERS, row)?.and_then(until_of).is_none_or(|until| time < until) {
                break;
            }
            self.drop_row(unit, row)?;
        }
        Ok(())
    }
}

fn until_of(letter: &RowRecord) -> Option<Timestamp> {
    letter.data.get("until").and_then(Value::as_i64).map(Timestamp::from_millis)
}

fn damaged(what: String, detail: impl ToString) -> Error {
    StoreError::Damaged { what, detail: detail.to_string() }.into()
}

/// Whether a letter is there. One without content counts as one that cannot be read.
fn readable(unit: &mut Unit, row: u64) -> Result<bool> {
    match unit.row(LETTERS, row)?.map(|record| record.data.get("content")) {
        None => Ok(false),
        Some(Some(Value::Object(_))) => Ok(true),
        Some(_) => Err(damaged(format!("letter {row}"), "it has no content")),
    }
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

/// Changes a mailbox, after what was kept in it too long was forgotten.
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
            boxes.push(Mailbox { name: name.to_owned(), key: key.to_owned(), number, waiting: 0, resting: 0, kept: 0 });
            boxes.len() - 1
        }
    };
    boxes[index].expire(unit)?;
    let answer = work(unit, &mut boxes[index])?;
    write(unit, row, boxes)?;
    Ok(answer)
}

fn write(unit: &mut Unit, row: u64, mut boxes: Vec<Mailbox>) -> Result<()> {
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
        references: Vec::new(),
    };
    unit.put_row(MAILBOXES, row, Some(record))
}

/// Somebody begins to wait.
pub(crate) fn wait(unit: &mut Unit, name: &str, key: &str) -> Result<()> {
    change(unit, name, key, |_, mailbox| {
        mailbox.waiting += 1;
        Ok(())
    })
}

/// Somebody who waits takes nothing for a while, or does again. What comes meanwhile is kept for him.
pub(crate) fn rest(unit: &mut Unit, name: &str, key: &str, rests: bool) -> Result<()> {
    let changed = change(unit, name, key, |_, mailbox| {
        mailbox.resting = if rests { mailbox.resting + 1 } else { mailbox.resting.saturating_sub(1) };
        Ok(())
    });
    unit.pass_over(changed).map(drop)
}

/// Somebody waits no more. Of messages that are not kept none stays for whoever begins to wait later.
pub(crate) fn leave(unit: &mut Unit, name: &str, key: &str) -> Result<()> {
    let left = change(unit, name, key, |unit, mailbox| {
        mailbox.waiting = mailbox.waiting.saturating_sub(1);
        match mailbox.first(unit)? {
            Some(letter) if letter.fleeting && mailbox.kept > mailbox.waiting => mailbox.take(unit, &letter),
            _ => Ok(()),
        }
    });
    // Whoever waits at a mailbox that cannot be read can be canceled all the same.
    unit.pass_over(left).map(drop)
}

/// Puts a message where those who wait for it look.
pub(crate) fn post(unit: &mut Unit, letter: &Letter) -> Result<Delivery> {
    let now = unit.now;
    change(unit, letter.name, &letter.key, |unit, mailbox| {
        let awaited = mailbox.waiting > mailbox.kept;
        let kept_for = match letter.latch {
            Latch::Drop if !awaited => return Ok(Delivery::Dropped),
            Latch::Drop => None,
            Latch::Keep(kept_for) | Latch::Last(kept_for) => kept_for,
        };
        if let (Latch::Last(_), false) = (letter.latch, awaited) {
            let taken = usize::try_from(mailbox.waiting).unwrap_or(usize::MAX);
            for row in mailbox.letters(unit, usize::MAX)?.into_iter().skip(taken) {
                mailbox.drop_row(unit, row)?;
            }
        }
        mailbox.put(unit, letter, kept_for.map(|kept_for| now.after(kept_for)))?;
        Ok(if awaited { Delivery::Taken } else { Delivery::Kept })
    })
}

/// Forgets what was kept too long, in at most `limit` rows after `after`. Answers with the last row looked at.
pub(crate) fn sweep(unit: &mut Unit, after: u64, limit: usize) -> Result<Option<u64>> {
    let rows = unit.store.row_ids(MAILBOXES, after, limit)?;
    for row in &rows {
        let boxes = read(unit, *row);
        let Some(mut boxes) = unit.pass_over(boxes)? else { continue };
        let before = boxes.clone();
        boxes.iter_mut().try_for_each(|mailbox| mailbox.expire(unit))?;
        if boxes != before {
            write(unit, *row, boxes)?;
        }
    }
    Ok(rows.last().copied().filter(|_| rows.len() == limit))
}
