//! One step: tried until no other step overtakes it.

use std::cell::Cell;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Engine, LOCKS};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::id::{ProcessId, UserId};
use crate::store::StoreError;

/// How often a step is tried while others change what it reads.
const ATTEMPTS: u32 = 100;

impl Engine {
    /// Runs `work` as one step: again when others overtook it, and not at all when it fails.
    pub(super) fn step<R>(
        &self,
        process: Option<ProcessId>,
        actor: Option<&UserId>,
        work: impl Fn(&Db) -> Result<R>,
    ) -> Result<R> {
        for attempt in 0..ATTEMPTS {
            let running = Running::begin()?;
            let turn = process.map(|id| self.turn(id));
            let db = Db::new(Arc::clone(&self.0.store), self.0.clock.now(), actor.cloned());
            let answer = work(&db);
            drop(running);
            // A failed step writes nothing. But was the failure seen, or made by another step in between?
            let commit = db.take_commit(answer.is_err());
            let events = if self.0.listeners.is_empty() { Vec::new() } else { commit.events.clone() };
            let taken = if commit.expect.is_empty() && commit.changes.is_empty() {
                None
            } else {
                Some(self.0.store.commit(commit))
            };
            drop(turn);
            match taken {
                Some(Err(StoreError::Conflict)) => back_off(attempt),
                Some(Err(error)) => return answer.and(Err(error.into())),
                Some(Ok(receipt)) if answer.is_ok() => {
                    receipt.wait()?;
                    events.iter().for_each(|event| self.0.listeners.iter().for_each(|listener| listener(event)));
                    return answer;
                }
                _ => return answer,
            }
        }
        Err(Error::Contended(ATTEMPTS))
    }

    fn turn(&self, process: ProcessId) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        process.hash(&mut hasher);
        #[expect(clippy::cast_possible_truncation, reason = "any part of a hash will do")]
        let index = hasher.finish() as usize % LOCKS;
        self.0.turns[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

thread_local! {
    /// Whether this thread is within a step.
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, this thread is within a step. A step within it would wait for its turn for ever.
struct Running;

impl Running {
    fn begin() -> Result<Self> {
        if RUNNING.replace(true) { Err(Error::StepInStep) } else { Ok(Self) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.set(false);
    }
}

fn back_off(attempt: u32) {
    if attempt < 4 {
        std::thread::yield_now();
    } else {
        // Threads that collided once would do so again if all of them waited equally long.
        let mut hasher = DefaultHasher::new();
        (std::thread::current().id(), attempt).hash(&mut hasher);
        std::thread::sleep(Duration::from_micros(hasher.finish() % (u64::from(attempt) * 100)));
    }
}
