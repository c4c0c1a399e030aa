//! Turns of steps that were overtaken. While a step has its turn, commits wait that would overtake it again.
//!
//! A commit waits for turns that began before it came. A step with a turn waits for the turns with an older place in
//! the line. Nothing waits for a commit, and no turn waits for a younger one, so there is no circle. The application
//! may do something that takes long while a step has its turn. So each turn has an end, and no commit waits longer than
//! [`LONGEST`] in total.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::stamps::{each_key, mark};
use super::{Change, Commit, Expect, Key, RowRecord};

/// The longest time for which a turn holds back others, and the longest total time for which a commit waits for turns.
const LONGEST: Duration = Duration::from_secs(10);

/// Everything that a step relied on when it was overtaken. Others must not write it while the step has its turn.
#[derive(Clone, Debug, Default)]
pub struct Reliance {
    /// Marks of everything that must stay as it is.
    relied: BTreeSet<u64>,
    /// Marks of everything that the step wrote itself.
    written: BTreeSet<u64>,
    everything: bool,
}

impl Reliance {
    /// Returns what a step with this commit relies on.
    pub fn of(commit: &Commit) -> Self {
        let mut relied: BTreeSet<u64> = commit.expect.iter().map(of_expect).collect();
        for change in &commit.changes {
            if let Change::Row { table, id, new, .. } = change {
                // The store checks the commit against more than its expectations.
                relied.extend(new.is_none().then(|| references(table, *id)));
                let unique = new.iter().flat_map(RowRecord::unique_keys);
                relied.extend(unique.map(|(field, key)| index(table, field, &key)));
            }
        }
        Self { relied, written: written(commit), everything: false }
    }

    /// Adds what the step relied on in another try.
    pub fn extend(&mut self, other: Self) {
        self.relied.extend(other.relied);
        self.written.extend(other.written);
        self.everything |= other.everything;
    }

    /// Makes the step rely on everything from now on.
    pub fn rely_on_everything(&mut self) {
        self.everything = true;
    }

    /// Returns whether writing these may overtake the step.
    fn is_hurt_by(&self, written: &BTreeSet<u64>) -> bool {
        if self.everything { !written.is_empty() } else { !self.relied.is_disjoint(written) }
    }
}

fn of_expect(expect: &Expect) -> u64 {
    match expect {
        Expect::Revision(Key::Process(id), _) => mark(("process", id)),
        Expect::Revision(Key::Row(table, id), _) => row(table, *id),
        Expect::Table(table, _) => all_rows(table),
        Expect::Index { table, field, key, .. } => index(table, field, key),
    }
}

/// Returns marks of what a commit writes. Tasks, scopes and events are left out, as they are written with their
/// process.
fn written(commit: &Commit) -> BTreeSet<u64> {
    let mut written = BTreeSet::new();
    for change in &commit.changes {
        match change {
            Change::Process { new, .. } => written.extend([mark(("process", new.id))]),
            Change::ForgetProcess { old } => written.extend([mark(("process", old.id))]),
            Change::Row { table, id, old, new } => {
                written.extend([row(table, *id), all_rows(table)]);
                each_key(old.as_ref(), new.as_ref(), |field, key| written.extend([index(table, field, key)]));
                written.extend(new.iter().flat_map(|row| &row.references).map(|to| references(&to.table, to.id)));
            }
            _ => {}
        }
    }
    written
}

fn row(table: &str, id: u64) -> u64 {
    mark(("row", table, id))
}

fn all_rows(table: &str) -> u64 {
    mark(("table", table))
}

fn index(table: &str, field: &str, key: &[u8]) -> u64 {
    mark(("index", table, field, key))
}

fn references(table: &str, id: u64) -> u64 {
    mark(("references", table, id))
}

/// A step's turn. It is over when it is dropped.
#[derive(Default)]
pub struct Turn {
    number: Option<u64>,
    _held: Option<Box<dyn Any + Send>>,
}

impl Turn {
    /// Makes a turn with a number for [`Commit::turn`]. Dropping the turn drops `held`.
    pub fn new(number: u64, held: impl Send + 'static) -> Self {
        Self { number: Some(number), _held: Some(Box::new(held)) }
    }

    /// Makes the turn that a store without turns returns.
    pub fn none() -> Self {
        Self::default()
    }

    /// Returns its number, unless the store has no turns.
    pub fn number(&self) -> Option<u64> {
        self.number
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("number", &self.number).finish_non_exhaustive()
    }
}

/// The turns of a store that only one program has open. [`Store::turn`](super::Store::turn) is [`Turns::take`] then,
/// and [`Store::commit`](super::Store::commit) begins with [`Turns::give_way`].
///
/// ```
/// use std::time::Duration;
/// use viewflow_store::{Change, Commit, Reliance, RowRecord, Turns};
///
/// let put = || Change::Row { table: "post".into(), id: 1, old: None, new: Some(RowRecord::default()) };
/// let mut commit = Commit { changes: vec![put()], ..Commit::default() };
/// let turns = Turns::default();
/// let turn = turns.take(&Reliance::of(&commit), Duration::from_millis(50), None);
/// commit.turn = turn.number();
/// turns.give_way(&commit); // It is its own turn. Another commit of this row would wait until the turn is over.
/// drop(turn);
/// ```
#[derive(Debug, Default)]
pub struct Turns(Arc<Line>);

#[derive(Debug, Default)]
struct Line {
    /// The number of places, which can be read without the lock. Usually it is zero.
    places: AtomicUsize,
    state: Mutex<State>,
    /// Signals that a turn has begun or ended.
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Counts places taken and turns begun, so that it shows which came first.
    count: u64,
    /// The places by their numbers, which is the order of arrival.
    places: BTreeMap<u64, Place>,
}

#[derive(Debug)]
struct Place {
    reliance: Reliance,
    turn: Option<Begun>,
}

/// A turn that has begun.
#[derive(Clone, Copy, Debug)]
struct Begun {
    /// The count of the line when it first began.
    at: u64,
    /// The time from which on it holds nothing back.
    until: Instant,
}

impl Turns {
    /// Waits for the turn of a step that relies on this. It comes after all earlier steps that wrote what it relies on.
    ///
    /// The turn holds others back for the time `long`. A step that was overtaken in its turn passes that turn as
    /// `before`, and keeps its place.
    pub fn take(&self, reliance: &Reliance, long: Duration, before: Option<Turn>) -> Turn {
        let line = &self.0;
        let mut state = line.lock();
        let turn = before.filter(|turn| turn.number.is_some());
        let turn = turn.unwrap_or_else(|| {
            let number = state.next();
            state.places.insert(number, Place { reliance: reliance.clone(), turn: None });
            line.places.store(state.places.len(), Ordering::SeqCst);
            Turn::new(number, Held(Arc::clone(line), number))
        });
        let number = turn.number.unwrap_or_default();
        let is_before = |of: u64, place: &Place| of < number && reliance.is_hurt_by(&place.reliance.written);
        // Earlier steps that still wait for their own turn count, too.
        let waiting = |place: &Place| place.turn.is_none_or(|turn| Instant::now() < turn.until);
        let mut state = line.wait_while(state, |of, place| is_before(of, place) && waiting(place));
        let at = state.places.get(&number).and_then(|place| place.turn).map_or_else(|| state.next(), |turn| turn.at);
        let turn_begun = Begun { at, until: Instant::now() + long.min(LONGEST) };
        state.places.insert(number, Place { reliance: reliance.clone(), turn: Some(turn_begun) });
        drop(state);
        // The steps behind this one now know how long they wait at most.
        line.moved.notify_all();
        turn
    }

    /// Waits while this commit would overtake a step whose turn began before the commit came.
    pub fn give_way(&self, commit: &Commit) {
        if self.0.places.load(Ordering::SeqCst) == 0 {
            return;
        }
        let (written, state) = (written(commit), self.0.lock());
        let came = state.count;
        let has_way = |of: u64, turn: Begun| match commit.turn {
            Some(own) => of < own,
            // A commit that has waited for one turn does not wait for the next one, too.
            None => turn.at <= came,
        };
        drop(self.0.wait_while(state, |of, place| {
            let turn = place.turn.filter(|turn| has_way(of, *turn) && Instant::now() < turn.until);
            turn.is_some() && place.reliance.is_hurt_by(&written)
        }));
    }
}

impl Line {
    // A panic elsewhere cannot leave the line half-changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is no such place, or until it takes too long.
    fn wait_while<'l>(
        &'l self,
        mut state: MutexGuard<'l, State>,
        in_the_way: impl Fn(u64, &Place) -> bool,
    ) -> MutexGuard<'l, State> {
        let give_up = Instant::now() + LONGEST;
        loop {
            let Some((_, place)) = state.places.iter().find(|(of, place)| in_the_way(**of, place)) else {
                return state;
            };
            let until = place.turn.map_or(give_up, |turn| turn.until.min(give_up));
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() && until == give_up {
                return state;
            }
            state = self.moved.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl State {
    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }
}

/// Leaves its place in the line when it is dropped.
struct Held(Arc<Line>, u64);

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.places.remove(&self.1);
        self.0.places.store(state.places.len(), Ordering::SeqCst);
        drop(state);
        self.0.moved.notify_all();
    }
}
