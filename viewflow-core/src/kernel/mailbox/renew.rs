//! Mailboxes whose key has another form now: waiting tasks and letters move to the mailbox of the current key.

use viewflow_store::Document;

use super::{LETTERS, MAILBOX, Mailbox, PROMISED, change, read, row_of};
use crate::definition::Latch;
use crate::error::{Error, Result};
use crate::unit::Unit;

/// A key that has another form now.
#[derive(Clone, Copy)]
pub(crate) struct OtherKey<'k> {
    pub(crate) name: &'k str,
    pub(crate) was: &'k str,
    pub(crate) is: &'k str,
}

/// Returns the mailboxes of a row that have letters which are not promised: name, key, and the content of the first
/// letter. All letters of a mailbox have the same key.
pub(crate) fn letters(unit: &mut Unit, row: u64) -> Result<Vec<(String, String, Document)>> {
    let mut found = Vec::new();
    for mailbox in read(unit, row)? {
        let letter = mailbox.first(unit)?;
        found.extend(letter.map(|letter| (mailbox.name, mailbox.key, letter.content)));
    }
    Ok(found)
}

/// Moves a waiting task from one mailbox to the other. A letter that was promised to it comes with it.
pub(crate) fn follow(unit: &mut Unit, key: OtherKey<'_>, rests: bool) -> Result<()> {
    // If one of the mailboxes is unreadable, both stay as they are.
    read(unit, row_of(key.name, key.is))?;
    let promised = change(unit, key.name, key.was, |unit, mailbox| {
        mailbox.waiting = mailbox.waiting.saturating_sub(1);
        mailbox.resting = mailbox.resting.saturating_sub(u64::from(rests));
        let too_many = mailbox.promised.saturating_sub(mailbox.resting);
        mailbox.give(unit, PROMISED, too_many)
    })?;
    change(unit, key.name, key.is, |unit, mailbox| {
        mailbox.expire(unit)?;
        mailbox.waiting += 1;
        mailbox.resting += u64::from(rests);
        mailbox.receive(unit, PROMISED, promised)
    })
}

/// Moves at most `limit` letters from one mailbox to the other. Returns how many there were.
pub(crate) fn forward(unit: &mut Unit, key: OtherKey<'_>, latch: Latch, limit: usize) -> Result<usize> {
    let letters = change(unit, key.name, key.was, |unit, mailbox| mailbox.give(unit, MAILBOX, limit as u64))?;
    let count = letters.len();
    change(unit, key.name, key.is, |unit, mailbox| {
        mailbox.receive(unit, MAILBOX, letters)?;
        if let Latch::Last(_) = latch {
            mailbox.keep_last(unit)?;
        }
        Ok(())
    })?;
    Ok(count)
}

impl Mailbox {
    /// Takes letters out, for another mailbox.
    fn give(&mut self, unit: &mut Unit, place: &'static str, limit: u64) -> Result<Vec<u64>> {
        let letters = self.letters(place).take(unit, limit)?;
        self.newest = None;
        let count = letters.len() as u64;
        self.kept = self.kept.saturating_sub(count);
        self.promised = self.promised.saturating_sub(if place == PROMISED { count } else { 0 });
        Ok(letters)
    }

    /// Takes in letters of another mailbox. They keep their numbers, and so their order.
    fn receive(&mut self, unit: &mut Unit, place: &str, letters: Vec<u64>) -> Result<()> {
        self.newest = None;
        for row in letters {
            let data = unit.row(LETTERS, row)?.map(|record| record.data.clone());
            self.kept += 1;
            self.promised += u64::from(place == PROMISED);
            self.place(unit, row, data.ok_or(Error::Internal("a letter"))?, place == PROMISED)?;
        }
        Ok(())
    }

    /// Drops the letters for which no task waits, except the newest.
    fn keep_last(&mut self, unit: &mut Unit) -> Result<()> {
        let mut older = self.surplus(unit)?;
        older.pop();
        older.into_iter().try_for_each(|row| self.drop_row(unit, row))
    }
}
