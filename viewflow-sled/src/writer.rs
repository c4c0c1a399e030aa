//! Writes the journal, one turn after the other.

use std::io;
use std::time::Instant;

use viewflow_store::StoreError;

use crate::guard::Failed;
use crate::journal::{self, Journal};
use crate::options::Durability;
use crate::shared::Shared;

/// Writes the journal until the store closes.
pub(crate) fn write(shared: &Shared) {
    let wait = match shared.durability {
        Durability::Full => None,
        Durability::Relaxed { at_most } => Some(at_most),
    };
    let (mut taken, mut records) = (Vec::new(), Vec::new());
    // The time by which the unsynced records have to be synced.
    let mut due: Option<Instant> = None;
    while let Some(turn) = shared.next_turn(due, &mut taken) {
        records.clear();
        taken.drain(..).for_each(|record: Vec<u8>| records.extend(record));
        journal::seal(&mut records);
        if let Some(wait) = wait
            && due.is_none()
            && !records.is_empty()
        {
            due = Instant::now().checked_add(wait);
        }
        let full = turn.full.is_some();
        let sync = wait.is_none() || full || turn.last || due.is_some_and(|due| due <= Instant::now());
        if sync {
            due = None;
        }
        let written = append(&mut shared.journal(), &records, sync.then_some(turn.through), full);
        if let Err(error) = written {
            shared.fail(&StoreError::io(Failed { doing: "the journal".to_owned(), source: error }));
            return;
        }
        let last = turn.last && records.is_empty();
        shared.end_turn(turn);
        if last {
            return;
        }
    }
}

/// Appends records, and with `through` syncs everything up to that commit. Switches files if the current file is
/// full.
fn append(journal: &mut Journal, records: &[u8], through: Option<u64>, full: bool) -> io::Result<()> {
    if !records.is_empty() {
        journal.append(records)?;
    }
    if let Some(through) = through {
        journal.sync()?;
        journal.mark(through)?;
    }
    if full { journal.take_turns() } else { Ok(()) }
}
