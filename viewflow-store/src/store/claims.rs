//! Work that one engine does at a time, if all engines of a store are in one program.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The kinds of work that some engine is doing. Only one engine may do each of them at a time.
///
/// It is for a store that no other program can have open. Such a store gives the same claims to all of its engines:
/// [`Store::claims`](super::Store::claims).
#[derive(Default)]
pub struct Claims(Mutex<BTreeSet<String>>);

impl Claims {
    /// Makes claims without any taken.
    pub fn new() -> Self {
        Self::default()
    }

    // A panic elsewhere cannot leave the names half-changed.
    fn names(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a claim. Returns false if it was taken already.
    pub fn take(&self, name: &str) -> bool {
        self.names().insert(name.to_owned())
    }

    /// Gives a claim back.
    pub fn give_back(&self, name: &str) {
        self.names().remove(name);
    }

    /// Returns whether the claim is taken.
    pub fn is_taken(&self, name: &str) -> bool {
        self.names().contains(name)
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Claims").field(&*self.names()).finish()
    }
}
