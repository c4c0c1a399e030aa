//! The threads of a store: one writes the journal, the other one puts what is in it into the tree.
//!
//! All commits that wait are written and synced together, and those that come meanwhile are the next to be. The tree gets
//! a whole file of the journal at once: what was written several times meanwhile is written into it once.

use std::fs::File;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sled::Db;
use viewflow_core::StoreError;
use viewflow_core::store::StoreResult;

use crate::guard::{flush, guarded};
use crate::journal::{self, Journal};
use crate::key;
use crate::options::{Durability, Options};
use crate::overlay::Overlay;
use crate::tree::{self, Tree};
use crate::writes::Writes;

/// How many times too long a file of the journal is when commits have to wait until the tree keeps up.
const TOO_LONG: usize = 8;
/// How many keys and bytes the tree gets at once, before it is synced. Readers of the tree wait meanwhile. After a power cut
/// sled finds its way where less than a segment of its log (512 KiB) was not on the disk yet; of several, some may be there without those
/// before them.
const BATCH_KEYS: usize = 128;
const BATCH_BYTES: usize = 64 << 10;

/// What callers, receipts and threads share. It does not hold the database: a receipt that outlives the store does not
/// keep the directory in use.
pub(crate) struct Shared {
    state: Mutex<State>,
    journal: Mutex<Journal>,
    durability: Durability,
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

impl State {
    /// Whether the file of the journal that grows is to be put into the tree now.
    fn is_full(&self) -> bool {
        self.length >= self.enough && !self.overlay.is_frozen() && !self.held
    }

    /// Nothing more is read or written after a failed write.
    pub(crate) fn check_running(&self) -> StoreResult<()> {
        self.failed.as_ref().map_or(Ok(()), |message| Err(StoreError::Stopped(message.clone())))
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
}

/// What is waited for: a commit, and the turn of the journal that writes it.
#[derive(Clone, Copy)]
pub(crate) struct Waiter {
    commit: u64,
    turn: usize,
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
            work: Condvar::new(),
            done: [Condvar::new(), Condvar::new()],
            tree: Condvar::new(),
        }
    }

    /// The state. A thread that panicked while it had it has not changed it by halves: changes come last.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        let _journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        with_journal(held)
    }

    fn fail(&self, error: &StoreError) {
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

/// The threads. They end, with all that was committed in the tree, when this is dropped.
pub(crate) struct Threads {
    shared: Arc<Shared>,
    /// None: it is closed.
    db: Option<Db>,
    sync: Arc<Option<File>>,
    writer: Option<JoinHandle<()>>,
    checkpointer: Option<JoinHandle<()>>,
}

impl Threads {
    pub(crate) fn start(db: Db, sync: Option<File>, shared: Arc<Shared>) -> StoreResult<Self> {
        let sync = Arc::new(sync);
        let mut threads = Self {
            shared: Arc::clone(&shared),
            db: Some(db.clone()),
            sync: Arc::clone(&sync),
            writer: None,
            checkpointer: None,
        };
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
            thread.map_err(|error| StoreError::Io(error.to_string()))
        };
        let journal = Arc::clone(&shared);
        threads.writer = Some(spawn("viewflow-journal", Box::new(move || write(&journal)))?);
        let work = move || put_into_tree(&db, sync.as_ref().as_ref(), &shared);
        threads.checkpointer = Some(spawn("viewflow-sled", Box::new(work))?);
        Ok(threads)
    }

    /// What is left is put into the tree, so that the store opens fast. If that fails the journal has it.
    fn finish(&self) -> StoreResult<()> {
        let Some(db) = &self.db else { return Ok(()) };
        let mut state = self.shared.state();
        if state.failed.is_some() || state.overlay.is_frozen() {
            return Ok(());
        }
        let through = state.commits;
        let writes = state.overlay.freeze();
        drop(state);
        if !writes.is_empty() {
            apply(db, self.sync.as_ref().as_ref(), &writes, through)?;
        }
        let mut journal = self.shared.journal.lock().unwrap_or_else(PoisonError::into_inner);
        journal.clear().map_err(|error| StoreError::Io(error.to_string()))
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shared.state().closing = true;
        self.shared.work.notify_one();
        // The threads do not panic; and there is nobody left to tell.
        if let Some(thread) = self.writer.take() {
            let _ = thread.join();
        }
        self.shared.state().written = true;
        self.shared.tree.notify_all();
        if let Some(thread) = self.checkpointer.take() {
            let _ = thread.join();
        }
        if let Err(error) = self.finish() {
            self.shared.fail(&error);
        }
        // sled panics here when it cannot sync its file.
        let _ = guarded(|| {
            drop(self.db.take());
            Ok(())
        });
    }
}

/// Writes the journal until the store closes.
fn write(shared: &Shared) {
    let mut records = Vec::new();
    // Until when what was written has to be synced.
    let mut due: Option<Instant> = None;
    loop {
        let mut state = shared.state();
        while state.unwritten.is_empty() && !state.closing && state.failed.is_none() && !state.is_full() {
            let left = due.map(|due| due.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                break;
            }
            state.idle = true;
            state = match left {
                Some(left) => shared.work.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => shared.work.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
            state.idle = false;
        }
        if state.failed.is_some() {
            return;
        }
        let last = state.closing;
        let through = state.commits;
        records.clear();
        std::mem::swap(&mut records, &mut state.unwritten);
        let turn = state.turn;
        state.turn = turn.wrapping_add(1);
        // Only what is in the file that ends here is put into the tree, and only when it is on the disk.
        let full = state.is_full();
        let writes = full.then(|| state.overlay.freeze());
        if full {
            state.length = 0;
        }
        drop(state);

        journal::seal(&mut records);
        let wait = match shared.durability {
            Durability::Full => None,
            Durability::Relaxed { at_most } => Some(at_most),
        };
        if wait.is_some() && !records.is_empty() && due.is_none() {
            due = wait.and_then(|wait| Instant::now().checked_add(wait));
        }
        let sync = wait.is_none() || full || last || due.is_some_and(|due| due <= Instant::now());
        if sync {
            due = None;
        }
        let mut journal = shared.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = append(&mut journal, &records, sync.then_some(through), full) {
            drop(journal);
            shared.fail(&StoreError::Io(format!("the journal: {error}")));
            return;
        }
        drop(journal);
        let mut state = shared.state();
        state.durable = through;
        if let Some(writes) = writes {
            state.ready = Some((writes, through));
            shared.tree.notify_all();
        }
        drop(state);
        shared.done[turn % 2].notify_all();
        if last && records.is_empty() {
            return;
        }
    }
}

/// Writes records, and syncs all up to the commit `through` if there is one.
fn append(journal: &mut Journal, records: &[u8], through: Option<u64>, full: bool) -> std::io::Result<()> {
    if !records.is_empty() {
        journal.append(records)?;
    }
    if let Some(through) = through {
        journal.sync()?;
        journal.mark(through)?;
    }
    if full { journal.take_turns() } else { Ok(()) }
}

/// Puts files of the journal into the tree until the store closes.
fn put_into_tree(db: &Db, sync: Option<&File>, shared: &Shared) {
    loop {
        let mut state = shared.state();
        while state.ready.is_none() && !state.written && state.failed.is_none() {
            state = shared.tree.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let Some((writes, through)) = state.ready.take().filter(|_| state.failed.is_none()) else { return };
        drop(state);
        if let Err(error) = apply(db, sync, &writes, through) {
            shared.fail(&error);
            return;
        }
        let mut state = shared.state();
        state.overlay.thaw();
        drop(state);
        shared.tree.notify_all();
        // The other file may have been full for a while.
        shared.work.notify_one();
        drop(writes);
    }
}

/// Puts writes into the tree, and makes it durable that it has all commits up to `through`. What was put there by halves
/// is put there again from the journal when the store is opened.
pub(crate) fn apply(db: &Db, sync: Option<&File>, writes: &Writes, through: u64) -> StoreResult<()> {
    let mut batch = sled::Batch::default();
    let (mut keys, mut bytes) = (0, 0);
    Tree((**db).clone()).put(writes, |changed, at_once| {
        tree::add(&mut batch, &changed);
        keys += changed.len();
        bytes += changed.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len)).sum::<usize>();
        if at_once || keys >= BATCH_KEYS || bytes >= BATCH_BYTES {
            guarded(|| db.apply_batch(std::mem::take(&mut batch)))?;
            flush(db, sync)?;
            (keys, bytes) = (0, 0);
        }
        Ok(())
    })?;
    batch.insert(key::last_commit(), through.to_be_bytes().as_slice());
    guarded(|| db.apply_batch(batch))?;
    flush(db, sync)
}
