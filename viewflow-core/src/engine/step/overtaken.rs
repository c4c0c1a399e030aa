//! A step that others overtake: it is tried again, and soon in a turn of its own.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::{Duration, Instant};

use viewflow_store::{Commit, Reliance, Store, Turn};

use crate::error::{Error, Result};

/// How often a step may be overtaken before it asks for its turn.
const PATIENCE: u32 = 3;
/// If its tries took longer than this, a step asks for its turn after the second try: it would be overtaken again.
const SHORT: Duration = Duration::from_millis(10);
/// The shortest length of a turn, as a thread may have to wait for a processor.
const LEAST: Duration = Duration::from_millis(100);
/// How often a step may be overtaken in turns that protect what it relied on. The next turn protects everything, as the
/// step may rely on something else each time.
const CHOOSY: u32 = 3;
/// How often a step is tried.
const ATTEMPTS: u32 = 100;
/// A step that was tried this often is not tried for longer than this.
const ENOUGH: (u32, Duration) = (10, Duration::from_mins(1));

/// The state of a step that others overtake.
pub(super) struct Overtaken<'s> {
    store: &'s dyn Store,
    begun: Instant,
    tried: Instant,
    /// How long the longest try took.
    longest: Duration,
    attempts: u32,
    /// Whether the step asks for its turn when it is overtaken. If so, what it relied on was noted.
    in_trouble: bool,
    reliance: Reliance,
    turn: Option<Turn>,
    turns: u32,
}

impl<'s> Overtaken<'s> {
    pub(super) fn new(store: &'s dyn Store) -> Self {
        let now = Instant::now();
        Self {
            store,
            begun: now,
            tried: now,
            longest: Duration::ZERO,
            attempts: 0,
            in_trouble: false,
            reliance: Reliance::default(),
            turn: None,
            turns: 0,
        }
    }

    /// Begins a try. Waits for the step's turn if it needs one.
    pub(super) fn try_again(&mut self) -> Result<()> {
        if self.in_trouble {
            if self.turns == CHOOSY {
                self.reliance.rely_on_everything();
            }
            // Longer than any try took. So it is longer than the last turn, which may have been too short.
            let long = self.longest.saturating_mul(2) + LEAST;
            self.turn = Some(self.store.turn(&self.reliance, long, self.turn.take())?);
            self.turns += 1;
        }
        self.tried = Instant::now();
        Ok(())
    }

    /// Returns whether the step has its turn.
    pub(super) fn has_turn(&self) -> bool {
        self.number().is_some()
    }

    fn number(&self) -> Option<u64> {
        self.turn.as_ref().and_then(Turn::number)
    }

    /// Notes the result of a try, which is committed now.
    pub(super) fn comes_to(&mut self, commit: &mut Commit) {
        self.longest = self.longest.max(self.tried.elapsed());
        commit.turn = self.number();
        // A step that is not overtaken pays for nothing.
        self.in_trouble = self.attempts > 0 && (self.attempts + 1 >= PATIENCE || self.begun.elapsed() >= SHORT);
        if self.in_trouble {
            self.reliance.extend(Reliance::of(commit));
        }
    }

    /// Notes that the commit was not overtaken: others may go on.
    pub(super) fn came_through(&mut self) {
        self.turn = None;
    }

    /// Notes that others have overtaken the step.
    ///
    /// # Errors
    /// [`Error::Contended`] when the step must not be tried again.
    pub(super) fn happened(&mut self) -> Result<()> {
        self.attempts += 1;
        let (attempts, waited) = (self.attempts, self.begun.elapsed());
        if attempts >= ATTEMPTS || (attempts >= ENOUGH.0 && waited >= ENOUGH.1) {
            return Err(Error::Contended { attempts, waited });
        }
        // Bad timing is not the reason why a step with a turn was overtaken.
        if !self.has_turn() {
            back_off(attempts);
        }
        Ok(())
    }
}

/// Waits for a random time: threads that collided once would collide again if all of them waited equally long.
fn back_off(attempts: u32) {
    if attempts == 1 {
        std::thread::yield_now();
    } else {
        let most = 50_u64 << attempts.min(10);
        let jitter = RandomState::new().hash_one(attempts) % most;
        std::thread::sleep(Duration::from_micros(jitter));
    }
}
