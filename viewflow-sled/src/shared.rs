//! The state that callers, receipts and threads of a store share, and how they wait for each other.
//!
//! A turn of the journal writes and syncs all waiting commits together. Commits that come meanwhile belong to the
//! next turn. The tree takes a whole file of the journal at once, so a key that was written several times is
//! written into the tree once.

use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use viewflow_store::{StoreError, StoreResult};

use crate::count::Counters;
use crate::journal::{self, Journal};
use crate::options::{Durability, Moment, Options, Timer};
use crate::overlay::{Outdated, Overlay};
use crate::writes::Writes;

/// When nothing was committed for this long, the journal is moved into the tree though its file is not full. Then
/// the writes take no memory, and no reader has to look at them first.
const REST: Duration = Duration::from_secs(1);
/// Commits wait for the tree when the journal's file is this many times longer than it should be.
const TOO_LONG: usize = 8;

/// The state that callers, receipts and threads share. It does not hold the database, so a receipt that outlives
/// the store does not keep the directory in use.
pub(crate) struct Shared {
    /// Held by the thread that commits. It is locked before the state, so the state is locked only for moments.
    alone: Mutex<()>,
    state: Mutex<State>,
    journal: Mutex<Journal>,
    pub(crate) durability: Durability,
    pub(crate) counters: Counters,
    timer: Option<Timer>,
    /// Signals that there is something to write, or that the store closes.
    work: Condvar,
    /// Signals that a turn of the journal is done, or has failed. One is for even turns and one for odd turns,
    /// because waiters for the next turn are already there.
    done: [Condvar; 2],
    /// Signals that there is something to put into the tree, or that this is done.
    tree: Condvar,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a matter of its own")]
pub(crate) struct State {
    /// The number of the last commit taken.
    pub(crate) commits: u64,
    /// The number of the last commit that is as durable as the options demand.
    durable: u64,
    pub(crate) overlay: Overlay,
    /// The records of commits that are not in the journal yet.
    unwritten: Vec<Vec<u8>>,
    /// The turn of the journal that will write them.
    turn: usize,
    /// The length of the journal's growing file, with the unwritten records.
    length: usize,
    /// The length at which that file is moved into the tree.
    enough: usize,
    /// The writes to be put into the tree next, and their last commit.
    ready: Option<(Arc<Writes>, u64)>,
    /// A caller of `hold` needs the tree unchanged.
    held: bool,
    failed: Option<String>,
    closing: bool,
    /// The writing thread waits for work, and nobody has woken it yet.
    idle: bool,
    /// The journal no longer grows.
    written: bool,
}

/// A turn of the journal, and what follows from it.
pub(crate) struct Turn {
    number: usize,
    /// The last commit of the turn.
    pub(crate) through: u64,
    /// The writes to be put into the tree, if the file of the journal is full.
    pub(crate) full: Option<Arc<Writes>>,
    /// The store closes.
    pub(crate) last: bool,
}

/// A commit to wait for, and the turn of the journal that writes it.
#[derive(Clone, Copy)]
pub(crate) struct Waiter {
    commit: u64,
    turn: usize,
}

impl State {
    /// Whether the growing file of the journal is to be moved into the tree now.
    fn is_full(&self) -> bool {
        self.length >= self.enough && self.can_be_put()
    }

    /// Whether the growing file of the journal may be moved into the tree.
    fn can_be_put(&self) -> bool {
        self.length > 0 && !self.overlay.is_frozen() && !self.overlay.is_absorbing() && !self.held
    }

    /// Whether that file may be moved when nothing was committed for a while. With an unlimited length of the
    /// journal it never is.
    fn may_rest(&self) -> bool {
        self.enough < usize::MAX && self.can_be_put()
    }

    /// Fails after a failed write: then nothing more is read or written.
    fn check_running(&self) -> StoreResult<()> {
        self.failed.as_ref().map_or(Ok(()), |message| Err(StoreError::Stopped(message.clone())))
    }

    /// Whether the writing thread has something to do.
    fn has_work(&self) -> bool {
        !self.unwritten.is_empty() || self.closing || self.failed.is_some() || self.is_full()
    }

    /// The last commit taken, to be waited for.
    pub(crate) fn last(&self) -> Waiter {
        let turn = if self.unwritten.is_empty() { self.turn.wrapping_sub(1) } else { self.turn };
        Waiter { commit: self.commits, turn }
    }

    /// Takes the next commit and its record for the journal. The commit is visible at once, and durable after the
    /// next turn of the journal.
    fn take(&mut self, record: Vec<u8>, writes: Writes) -> (Waiter, Outdated) {
        self.commits += 1;
        self.length += record.len();
        self.unwritten.push(record);
        let outdated = self.overlay.add(writes);
        (Waiter { commit: self.commits, turn: self.turn }, outdated)
    }

    /// Begins a turn of the journal with all unwritten records.
    fn begin_turn(&mut self, records: &mut Vec<Vec<u8>>, rests: bool) -> Turn {
        std::mem::swap(records, &mut self.unwritten);
        let number = self.turn;
        self.turn = number.wrapping_add(1);
        // The tree takes only writes whose file of the journal ends with this turn, and only when that is on the
        // disk.
        let full = (self.is_full() || rests && self.may_rest()).then(|| self.overlay.freeze());
        if full.is_some() {
            self.length = 0;
        }
        Turn { number, through: self.commits, full, last: self.closing }
    }
}

impl Shared {
    pub(crate) fn new(last_commit: u64, journal: Journal, options: &Options) -> Self {
        Self {
            alone: Mutex::default(),
            state: Mutex::new(State {
                commits: last_commit,
                durable: last_commit,
                overlay: Overlay::default(),
                unwritten: Vec::new(),
                turn: 0,
                length: 0,
                enough: options.journal.max(1),
                ready: None,
                held: false,
                failed: None,
                closing: false,
                idle: false,
                written: false,
            }),
            journal: Mutex::new(journal),
            durability: options.durability,
            counters: Counters::default(),
            timer: options.timer.clone(),
            work: Condvar::new(),
            done: [Condvar::new(), Condvar::new()],
            tree: Condvar::new(),
        }
    }

    /// Locks the state. A thread that panicked while it held the lock left no half change: changes come last.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the state. Fails after a failed write, so that nobody reads data that may never have reached the disk.
    pub(crate) fn running(&self) -> StoreResult<MutexGuard<'_, State>> {
        let state = self.state();
        state.check_running()?;
        Ok(state)
    }

    /// Keeps others from committing, once there is room for a commit.
    pub(crate) fn alone(&self) -> StoreResult<Alone<'_>> {
        let alone = Alone { shared: self, absorbs: Cell::new(false), _others: self.others() };
        let mut state = self.state();
        while state.length / TOO_LONG > state.enough && state.failed.is_none() {
            state = self.tree.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.check_running()?;
        drop(state);
        self.tell(Moment::Alone);
        Ok(alone)
    }

    /// Makes all other threads wait that want to commit.
    fn others(&self) -> MutexGuard<'_, ()> {
        self.alone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tell(&self, moment: Moment) {
        if let Some(timer) = &self.timer {
            timer(moment);
        }
    }

    /// Changes the state, and wakes the writing thread if that makes work for it. A working thread is not woken: it
    /// looks again before it rests. The caller drops the returned value when nobody has to wait for that.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        self.tell(Moment::Holds);
        let changed = change(&mut state);
        // The writing thread also has to wake in time to see that the store rests.
        let wakes = state.idle && (state.has_work() || state.may_rest());
        if wakes {
            state.idle = false;
        }
        drop(state);
        self.tell(Moment::LetsGo);
        if wakes {
            self.work.notify_one();
        }
        changed
    }

    /// Waits until this commit is as durable as the options demand.
    pub(crate) fn wait(&self, waiter: Waiter) -> StoreResult<()> {
        let mut state = self.state();
        while state.durable < waiter.commit {
            state.check_running()?;
            state = self.done[waiter.turn % 2].wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Keeps the tree unchanged during `with_tree`, and the journal during `with_journal`. Commits go on as long as
    /// the journal has room; with `quiet`, they wait.
    pub(crate) fn hold<T, U>(
        &self,
        quiet: bool,
        with_tree: impl FnOnce() -> StoreResult<T>,
        with_journal: impl FnOnce(T) -> StoreResult<U>,
    ) -> StoreResult<U> {
        let _quiet = quiet.then(|| self.others());
        let mut state = self.state();
        while state.held && state.failed.is_none() {
            state = self.tree.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.check_running()?;
        let _held = Held(self);
        state.held = true;
        while state.overlay.is_frozen() && state.failed.is_none() {
            state = self.tree.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let running = state.check_running();
        drop(state);
        running?;
        let held = with_tree()?;
        let _journal = self.journal();
        with_journal(held)
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next turn of the journal, and fills in its records. The turn begins when there is something to
    /// write, at `due`, or when nothing was committed for a while. `None` if a write has failed.
    pub(crate) fn next_turn(&self, due: Option<Instant>, records: &mut Vec<Vec<u8>>) -> Option<Turn> {
        let rest = Instant::now() + REST;
        let mut state = self.state();
        while !state.has_work() {
            let until = due.into_iter().chain(state.may_rest().then_some(rest)).min();
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                break;
            }
            state.idle = true;
            state = match left {
                Some(left) => self.work.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.work.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
            state.idle = false;
        }
        if state.failed.is_some() {
            return None;
        }
        let rests = !state.has_work() && Instant::now() >= rest;
        Some(state.begin_turn(records, rests))
    }

    /// Ends a turn: its commits are as durable as the options demand.
    pub(crate) fn end_turn(&self, turn: Turn) {
        let mut state = self.state();
        state.durable = turn.through;
        if let Some(writes) = turn.full {
            state.ready = Some((writes, turn.through));
            self.tree.notify_all();
        }
        drop(state);
        self.done[turn.number % 2].notify_all();
    }

    /// Waits for the next writes for the tree, and returns them with their last commit. `None` if the store closes
    /// or a write has failed.
    pub(crate) fn next_for_tree(&self) -> Option<(Arc<Writes>, u64)> {
        let mut state = self.state();
        while state.ready.is_none() && !state.written && state.failed.is_none() {
            state = self.tree.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.ready.take().filter(|_| state.failed.is_none())
    }

    /// Notes that the tree has the frozen writes.
    pub(crate) fn tree_has_it(&self) {
        let outdated = self.state().overlay.thaw();
        drop(outdated);
        self.tree.notify_all();
        // The other file may already be full.
        self.work.notify_one();
    }

    /// Lets the writing thread end.
    pub(crate) fn close(&self) {
        self.state().closing = true;
        self.work.notify_one();
    }

    /// Lets the other thread end: the journal is complete.
    pub(crate) fn journal_has_ended(&self) {
        self.state().written = true;
        self.tree.notify_all();
    }

    /// The writes that are left when the threads have ended, and the last commit. `None` if the writes have to stay
    /// in the journal.
    pub(crate) fn rest(&self) -> Option<(Arc<Writes>, u64)> {
        let mut state = self.state();
        let stays = state.failed.is_some() || state.overlay.is_frozen();
        if stays { None } else { Some((state.overlay.freeze(), state.commits)) }
    }

    pub(crate) fn fail(&self, error: &StoreError) {
        self.state().failed.get_or_insert_with(|| error.to_string());
        self.done.iter().for_each(Condvar::notify_all);
        self.tree.notify_all();
        self.work.notify_one();
    }
}

/// While this exists, nobody else commits. Others can read meanwhile, and the journal can be moved into the tree.
pub(crate) struct Alone<'s> {
    shared: &'s Shared,
    /// Whether part of a large commit is still to be absorbed.
    absorbs: Cell<bool>,
    _others: MutexGuard<'s, ()>,
}

impl Alone<'_> {
    pub(crate) fn shared(&self) -> &Shared {
        self.shared
    }

    /// The last commit taken, to be waited for.
    pub(crate) fn last(&self) -> Waiter {
        self.shared.state().last()
    }

    /// The number of the next commit.
    pub(crate) fn next(&self) -> u64 {
        self.shared.state().commits + 1
    }

    /// Takes the next commit and its record for the journal.
    pub(crate) fn take(&self, record: Vec<u8>, writes: Writes) -> Waiter {
        let (taken, outdated) = self.shared.change(|state| {
            let taken = state.take(record, writes);
            self.absorbs.set(state.overlay.is_absorbing());
            taken
        });
        drop(outdated);
        taken
    }

    /// Takes writes of the store itself as a commit, and waits for it.
    pub(crate) fn write(self, writes: Writes) -> StoreResult<()> {
        let taken = self.take(journal::record(self.next(), &writes), writes);
        let shared = self.shared;
        drop(self);
        shared.wait(taken)
    }
}

impl Drop for Alone<'_> {
    /// Absorbs a large commit into the overlay piece by piece, before another commit comes.
    fn drop(&mut self) {
        while self.absorbs.get() {
            let outdated = self.shared.change(|state| {
                let outdated = state.overlay.absorb();
                self.absorbs.set(state.overlay.is_absorbing());
                outdated
            });
            drop(outdated);
        }
    }
}

/// Ends a `hold` when it is dropped.
struct Held<'s>(&'s Shared);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.state().held = false;
        self.0.tree.notify_all();
        self.0.work.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_commit_is_put_into_the_tree_when_the_store_rests_though_it_was_written_before_it_was_taken_in() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path()).unwrap();
        let shared = Shared::new(0, journal, &Options::default());
        let writes = |keys: u8| (0..keys).map(|key| (vec![key], Some(Vec::new()))).collect::<Writes>();
        let take = |writes: Writes| {
            let alone = shared.alone().unwrap();
            alone.take(journal::record(alone.next(), &writes), writes);
            alone
        };
        drop(take(writes(1)));
        let alone = take(writes(100));
        assert!(shared.state().overlay.is_absorbing());
        std::thread::scope(|scope| {
            let journaling = scope.spawn(|| {
                let (mut records, mut rested) = (Vec::new(), false);
                while !rested {
                    let turn = shared.next_turn(None, &mut records).unwrap();
                    rested = turn.full.is_some();
                    records.clear();
                    shared.end_turn(turn);
                }
                shared.next_for_tree().unwrap()
            });
            while !shared.state().idle {
                std::thread::yield_now();
            }
            drop(alone);
            let (put, through) = journaling.join().unwrap();
            assert_eq!((put.len(), through), (100, 2));
        });
    }
}
