//! Messages between processes, and between them and the rest of the program.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::db::Unit;
use crate::document::{self, Document, Fields};
use crate::error::{Error, Place, Result};
use crate::field::FieldType;
use crate::store::{IndexEntry, RowRecord};
use crate::time::Timestamp;

/// A message: a struct whose one field tells which of those who wait for it is meant. `#[derive(Message)]` implements
/// it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no message",
    label = "not a message",
    note = "write `#[derive(Message)]` and `#[message(key = ..)]` above `struct {Self}`"
)]
pub trait Message: Fields + Clone {
    /// The name under which it is sent.
    const NAME: &'static str;
    /// What happens to one that nobody waits for.
    const LATCH: Latch;
    /// The type of the correlation key.
    type Key: FieldType;

    /// The correlation key.
    fn key(&self) -> &Self::Key;
}

/// What happens to a message that nobody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latch {
    /// It is kept, in order, for the next who waits; for so long, if at all.
    Keep(Option<Duration>),
    /// It is kept for so long in place of the one before.
    Last(Option<Duration>),
    /// It is dropped.
    Drop,
}

/// What became of a message that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Somebody waits for it, and gets it.
    Taken,
    /// Nobody waits for it yet: it is kept.
    Kept,
    /// Nobody waits for it, and it is of a kind that is not kept.
    Dropped,
}

/// A message on its way.
pub(crate) struct Letter {
    pub(crate) name: &'static str,
    pub(crate) key: String,
    pub(crate) latch: Latch,
    pub(crate) content: Document,
}

impl Letter {
    pub(crate) fn of<M: Message>(message: &M) -> Result<Self> {
        let mut content = Document::new();
        document::write(message, &mut content).map_err(|errors| Error::Data { at: place(M::NAME), errors })?;
        Ok(Self { name: M::NAME, key: correlation(message.key())?, latch: M::LATCH, content })
    }
}

pub(crate) fn place(name: &str) -> Box<Place> {
    Box::new(Place::Message { name: name.to_owned() })
}

/// A correlation key as it is compared: JSON text.
pub(crate) fn correlation<K: FieldType>(key: &K) -> Result<String> {
    let value = key.encode().map_err(|message| Error::msg(format!("the correlation key {message}")))?;
    Ok(value.to_string())
}

/// The table of the mailboxes. A row is there as long as somebody waits or something is kept in it; whoever sends and
/// whoever begins to wait writes it, so that neither misses the other.
pub(crate) const MAILBOXES: &str = "viewflow.mailbox";
/// The indexed field of rows that a worker has to look at.
pub(crate) const READY: &str = "ready";

/// Where those of one name and key who wait and what was sent meet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mailbox {
    pub(crate) name: String,
    pub(crate) key: String,
    /// How many wait.
    pub(crate) waiting: u64,
    /// What was sent and not taken, oldest first.
    pub(crate) kept: Vec<Kept>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) content: Document,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Timestamp>,
    /// Whether it is dropped when nobody waits any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) fleeting: bool,
}

impl Mailbox {
    fn is_ready(&self) -> bool {
        self.waiting > 0 && !self.kept.is_empty()
    }
}

/// The row of a name and key. Others may share it.
pub(crate) fn row_of(name: &str, key: &str) -> u64 {
    stable_hash([name, key])
}

/// A number of texts that is the same in every release: FNV-1a (Fowler, Noll and Vo, 1991) in 63 bits, and not 0.
pub(crate) fn stable_hash<'t>(texts: impl IntoIterator<Item = &'t str>) -> u64 {
    let bytes = texts.into_iter().flat_map(|text| text.bytes().chain([0]));
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 1).max(1)
}

/// The mailboxes of a row.
pub(crate) fn read(unit: &mut Unit, row: u64) -> Result<Vec<Mailbox>> {
    let Some(record) = unit.row(MAILBOXES, row)? else { return Ok(Vec::new()) };
    let boxes = record.data.get("boxes").cloned().unwrap_or(Value::Null);
    serde_json::from_value(boxes).map_err(|error| {
        let damaged = crate::StoreError::Damaged { what: format!("mailbox {row}"), detail: error.to_string() };
        damaged.into()
    })
}

/// Changes a mailbox, and drops from it what was kept too long.
pub(crate) fn change<R>(unit: &mut Unit, name: &str, key: &str, work: impl FnOnce(&mut Mailbox) -> R) -> Result<R> {
    let row = row_of(name, key);
    let now = unit.now;
    let mut boxes = read(unit, row)?;
    let of = |mailbox: &Mailbox| (mailbox.name.as_str(), mailbox.key.as_str()) == (name, key);
    let index = boxes.iter().position(of).unwrap_or_else(|| {
        boxes.push(Mailbox { name: name.to_owned(), key: key.to_owned(), ..Mailbox::default() });
        boxes.len() - 1
    });
    expire(&mut boxes[index], now);
    let answer = work(&mut boxes[index]);
    boxes.retain(|mailbox| mailbox.waiting > 0 || !mailbox.kept.is_empty());
    write(unit, row, &boxes)?;
    Ok(answer)
}

/// Forgets what was kept too long; what somebody waits for is as good as taken.
fn expire(mailbox: &mut Mailbox, now: Timestamp) {
    let mut taken = mailbox.waiting;
    mailbox.kept.retain(|kept| {
        let awaited = taken > 0;
        taken = taken.saturating_sub(1);
        awaited || kept.until.is_none_or(|until| now < until)
    });
}

fn write(unit: &mut Unit, row: u64, boxes: &[Mailbox]) -> Result<()> {
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

/// Somebody waits no more.
pub(crate) fn leave(unit: &mut Unit, name: &str, key: &str) -> Result<()> {
    change(unit, name, key, |mailbox| {
        mailbox.waiting = mailbox.waiting.saturating_sub(1);
        let mut taken = mailbox.waiting;
        mailbox.kept.retain(|kept| {
            let awaited = taken > 0;
            taken = taken.saturating_sub(1);
            awaited || !kept.fleeting
        });
    })
}

/// Puts a message where those who wait for it look.
pub(crate) fn post(unit: &mut Unit, letter: &Letter) -> Result<Delivery> {
    let now = unit.now;
    change(unit, letter.name, &letter.key, |mailbox| {
        let awaited = mailbox.waiting > mailbox.kept.len() as u64;
        let kept_for = match letter.latch {
            Latch::Drop if !awaited => return Delivery::Dropped,
            Latch::Drop => None,
            Latch::Keep(kept_for) | Latch::Last(kept_for) => kept_for,
        };
        if let (Latch::Last(_), false) = (letter.latch, awaited) {
            let taken = usize::try_from(mailbox.waiting).unwrap_or(usize::MAX);
            mailbox.kept.truncate(taken);
        }
        let until = kept_for.map(|kept_for| now.after(kept_for));
        mailbox.kept.push(Kept { content: letter.content.clone(), until, fleeting: letter.latch == Latch::Drop });
        if awaited { Delivery::Taken } else { Delivery::Kept }
    })
}

/// Forgets what was kept too long, in at most `limit` rows after `after`. Answers with the last row looked at.
pub(crate) fn sweep(unit: &mut Unit, after: u64, limit: usize) -> Result<Option<u64>> {
    let rows = unit.store.rows(MAILBOXES, after, limit)?;
    let now = unit.now;
    for (row, _) in &rows {
        let mut boxes = read(unit, *row)?;
        let before = boxes.clone();
        for mailbox in &mut boxes {
            expire(mailbox, now);
        }
        boxes.retain(|mailbox| mailbox.waiting > 0 || !mailbox.kept.is_empty());
        if boxes != before {
            write(unit, *row, &boxes)?;
        }
    }
    Ok(rows.last().map(|(row, _)| *row).filter(|_| rows.len() == limit))
}
