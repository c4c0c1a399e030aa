//! Who is at which piece of work, so that several engines do not begin the same one.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many reservations there are at least before those that are over are looked for.
const MANY: usize = 1024;

/// Reservations, for stores that one program has to itself: [`Store::reserve`](super::Store::reserve).
#[derive(Debug, Default)]
pub struct Reservations(Mutex<Reserved>);

#[derive(Debug, Default)]
struct Reserved {
    /// By whom each is reserved, and until when.
    held: BTreeMap<String, (u64, Instant)>,
    /// How many there may be until those that are over are taken away.
    room: usize,
}

impl Reservations {
    /// Reserves a piece of work, unless somebody else has it.
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

    /// Lets go of a piece of work.
    pub fn release(&self, what: &str, by: u64) {
        let mut reserved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reserved.held.get(what).is_some_and(|(holder, _)| *holder == by) {
            reserved.held.remove(what);
        }
    }
}
