//! Reservations of work, so that several engines do not begin the same piece.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The number of reservations below which expired ones are not looked for.
const MANY: usize = 1024;

/// Reservations, for stores that one program has to itself: see [`Store::reserve`](super::Store::reserve).
#[derive(Debug, Default)]
pub struct Reservations(Mutex<Reserved>);

#[derive(Debug, Default)]
struct Reserved {
    /// The engine that holds each piece of work, and until when.
    held: BTreeMap<String, (u64, Instant)>,
    /// How many reservations there may be before expired ones are removed.
    room: usize,
}

impl Reservations {
    /// Reserves a piece of work. Returns false if another engine has it.
    pub fn reserve(&self, what: &str, by: u64, hold: Duration) -> bool {
        let mut reserved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if reserved.held.get(what).is_some_and(|(holder, until)| *holder != by && now < *until) {
            return false;
        }
        reserved.held.insert(what.to_owned(), (by, now + hold));
        if reserved.held.len() > reserved.room.max(MANY) {
            reserved.held.retain(|_, (_, until)| now < *until);
            reserved.room = 2 * reserved.held.len();
        }
        true
    }

    /// Releases a piece of work.
    pub fn release(&self, what: &str, by: u64) {
        let mut reserved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reserved.held.get(what).is_some_and(|(holder, _)| *holder == by) {
            reserved.held.remove(what);
        }
    }
}
