//! What one engine at a time does, where all engines of a store are in one program.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What some engine is at that only one at a time may do: of a store that no other program can have open, which gives all of its engines
/// the same one ([`Store::claims`](super::Store::claims)).
#[derive(Default)]
pub struct Claims(Mutex<BTreeSet<String>>);

impl Claims {
    /// Nobody is at anything.
    pub fn new() -> Self {
        Self::default()
    }

    // A panic elsewhere cannot leave the names half-changed.
    fn names(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers whether nobody was at it.
    pub fn take(&self, name: &str) -> bool {
        self.names().insert(name.to_owned())
    }

    /// Gives a claim back.
    pub fn give_back(&self, name: &str) {
        self.names().remove(name);
    }

    /// Whether somebody holds the claim.
    pub fn is_taken(&self, name: &str) -> bool {
        self.names().contains(name)
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Claims").field(&*self.names()).finish()
    }
}
