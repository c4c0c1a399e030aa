//! What callers, receipts and threads of a store share, and how they wait for each other.
//!
//! All commits that wait are written and synced together, and those that come meanwhile are the next to be: a turn of the
//! journal. The tree gets a whole file of the journal at once: what was written several times meanwhile is written into it once.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use viewflow_core::StoreError;
use viewflow_core::store::StoreResult;

use crate::count::Counters;
use crate::journal::{self, Journal};
use crate::options::{Durability, Options};
use crate::overlay::Overlay;
use crate::writes::Writes;

/// For how long nothing was committed when what is in the journal is put into the tree, though its file is not full: what rests
/// takes no memory, and nobody has to look past it.
const REST: Duration = Duration::from_secs(1);
/// How many times too long a file of the journal is when commits have to wait until the tree keeps up.
const TOO_LONG: usize = 8;

/// What callers, receipts and threads share. It does not hold the database: a receipt that outlives the store does not
/// keep the directory in use.
pub(crate) struct Shared {
    state: Mutex<State>,
    journal: Mutex<Journal>,
    pub(crate) durability: Durability,
    pub(crate) counters: Counters,
    /// There is something to write, or the store closes.
    work: Condvar,
    /// A turn of the journal is done, or failed: one for even turns and one for odd ones, as those of the next turn already wait.
    done: [Condvar; 2],
    /// There is something to put into the tree, or that was done.
    tree: Condvar,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a matter of its own")]
pub(crate) struct State {
    /// The number of the last commit taken.
    pub(crate) commits: u64,
    /// The number of the last commit that is as durable as it should be.
    durable: u64,
    pub(crate) overlay: Overlay,
    /// Commits that are not in the journal yet, as its records.
    unwritten: Vec<u8>,
    /// The turn of the journal in which they will be written.
    turn: usize,
    /// How long the file of the journal is that grows, with what is unwritten.
    length: usize,
    /// How long it may become until it is put into the tree.
    enough: usize,
    /// What is to be put into the tree, and the last commit of it.
    ready: Option<(Arc<Writes>, u64)>,
    /// Somebody needs that the tree is left as it is.
    held: bool,
    /// Somebody needs that nothing is committed.
    quiet: bool,
    failed: Option<String>,
    closing: bool,
    /// The writing thread waits for work, and nobody has told it of some yet.
    idle: bool,
    /// The journal will not grow any more.
    written: bool,
}

/// A turn of the journal: its records, and what comes of them.
pub(crate) struct Turn {
    number: usize,
    /// The last commit of it.
    pub(crate) through: u64,
    /// What is to be put into the tree, if the file of the journal is full.
    pub(crate) full: Option<Arc<Writes>>,
    /// The store closes.
    pub(crate) last: bool,
}

/// What is waited for: a commit, and the turn of the journal that writes it.
#[derive(Clone, Copy)]
pub(crate) struct Waiter {
    commit: u64,
    turn: usize,
}

impl State {
    /// Whether the file of the journal that grows is to be put into the tree now.
    fn is_full(&self) -> bool {
        self.length >= self.enough && self.can_be_put()
    }

    /// Whether the file of the journal that grows may be put into the tree.
    fn can_be_put(&self) -> bool {
        self.length > 0 && !self.overlay.is_frozen() && !self.held
    }

    /// Whether that is so once nothing was committed for a while: if the journal may have any length it is to be left alone.
    fn may_rest(&self) -> bool {
        self.enough < usize::MAX && self.can_be_put()
    }

    /// Nothing more is read or written after a failed write.
    fn check_running(&self) -> StoreResult<()> {
        self.failed.as_ref().map_or(Ok(()), |message| Err(StoreError::Stopped(message.clone())))
    }

    /// Whether the writing thread has something to do.
    fn has_work(&self) -> bool {
        !self.unwritten.is_empty() || self.closing || self.failed.is_some() || self.is_full()
    }

    /// The last commit there is, to be waited for.
    pub(crate) fn last(&self) -> Waiter {
        let turn = if self.unwritten.is_empty() { self.turn.wrapping_sub(1) } else { self.turn };
        Waiter { commit: self.commits, turn }
    }

    /// Takes a commit: it is visible at once, and will be durable with the next turn of the journal.
    pub(crate) fn take(&mut self, writes: Writes) -> Waiter {
        self.commits += 1;
        let before = self.unwritten.len();
        journal::put(&mut self.unwritten, self.commits, &writes);
        self.length += self.unwritten.len() - before;
        self.overlay.add(writes);
        Waiter { commit: self.commits, turn: self.turn }
    }

    /// Begins a turn of the journal with all that was not written yet.
    fn begin_turn(&mut self, records: &mut Vec<u8>, rests: bool) -> Turn {
        records.clear();
        std::mem::swap(records, &mut self.unwritten);
        let number = self.turn;
        self.turn = number.wrapping_add(1);
        // Only what is in the file that ends here is put into the tree, and only when it is on the disk.
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
                quiet: false,
                failed: None,
                closing: false,
                idle: false,
                written: false,
            }),
            journal: Mutex::new(journal),
            durability: options.durability,
            counters: Counters::default(),
            work: Condvar::new(),
            done: [Condvar::new(), Condvar::new()],
            tree: Condvar::new(),
        }
    }

    /// The state. A thread that panicked while it had it has not changed it by halves: changes come last.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state. After a failed write nothing is told of what may never have reached the disk.
    pub(crate) fn running(&self) -> StoreResult<MutexGuard<'_, State>> {
        let state = self.state();
        state.check_running()?;
        Ok(state)
    }

    /// The state, once there is room for another commit.
    pub(crate) fn state_with_room(&self) -> StoreResult<MutexGuard<'_, State>> {
        let mut state = self.state();
        while (state.quiet || state.length / TOO_LONG > state.enough) && state.failed.is_none() {
            state = self.tree.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.check_running()?;
        Ok(state)
    }

    /// Wakes the writing thread, unless it is at work: it looks again before it rests.
    pub(crate) fn wake_writer(&self, mut state: MutexGuard<'_, State>) {
        if std::mem::take(&mut state.idle) {
            drop(state);
            self.work.notify_one();
        }
    }

    /// Takes writes of the store itself as a commit, and waits for it.
    pub(crate) fn write(&self, mut state: MutexGuard<'_, State>, writes: Writes) -> StoreResult<()> {
        let taken = state.take(writes);
        self.wake_writer(state);
        self.wait(taken)
    }

    /// Waits until this commit is as durable as it should be.
    pub(crate) fn wait(&self, waiter: Waiter) -> StoreResult<()> {
        let mut state = self.state();
        while state.durable < waiter.commit {
            state.check_running()?;
            state = self.done[waiter.turn % 2].wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Keeps the tree as it is while the first part runs, and the journal while the second one does. Commits go on, as far as the
    /// journal has room; if it is to be `quiet`, they wait.
    pub(crate) fn hold<T, U>(
        &self,
        quiet: bool,
        with_tree: impl FnOnce() -> StoreResult<T>,
        with_journal: impl FnOnce(T) -> StoreResult<U>,
    ) -> StoreResult<U> {
        let mut state = self.state();
        while state.held && state.failed.is_none() {
            state = self.tree.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.check_running()?;
        let _held = Held(self);
        state.held = true;
        state.quiet = quiet;
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

    /// The next turn of the journal, and its records, once there is something to write, or at `due`, or when nothing was committed
    /// for a while; none: a write has failed.
    pub(crate) fn next_turn(&self, due: Option<Instant>, records: &mut Vec<u8>) -> Option<Turn> {
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

    /// A turn of the journal is as durable as it should be.
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

    /// What is to be put into the tree next, and the last commit of it; none: the store closes, or a write has failed.
    pub(crate) fn next_for_tree(&self) -> Option<(Arc<Writes>, u64)> {
        let mut state = self.state();
        while state.ready.is_none() && !state.written && state.failed.is_none() {
            state = self.tree.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.ready.take().filter(|_| state.failed.is_none())
    }

    /// The tree has what was to be put into it.
    pub(crate) fn tree_has_it(&self) {
        self.state().overlay.thaw();
        self.tree.notify_all();
        // The other file may have been full for a while.
        self.work.notify_one();
    }

    /// Lets the writing thread come to an end.
    pub(crate) fn close(&self) {
        self.state().closing = true;
        self.work.notify_one();
    }

    /// Lets the other thread come to an end: the journal is written.
    pub(crate) fn journal_has_ended(&self) {
        self.state().written = true;
        self.tree.notify_all();
    }

    /// What is left when the threads have ended, and the last commit; none: it has to stay in the journal.
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

/// Lets go of the tree.
struct Held<'s>(&'s Shared);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.held = false;
        state.quiet = false;
        drop(state);
        self.0.tree.notify_all();
        self.0.work.notify_one();
    }
}
