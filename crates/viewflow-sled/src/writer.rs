//! The one thread that writes: whatever waits goes into one batch and one sync.

use std::fs::File;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use sled::{Batch, Db};
use viewflow_core::StoreError;
use viewflow_core::store::StoreResult;

use crate::pending::{Pending, Writes, guarded};

/// What the callers, their receipts and the writing thread share. It does not hold the database: a receipt that
/// outlives the store does not keep the directory in use.
pub(crate) struct Shared {
    state: Mutex<State>,
    /// There is something to write, or the store closes.
    work: Condvar,
    /// Something was made durable, or failed.
    done: Condvar,
}

pub(crate) struct State {
    /// The number of the last commit taken.
    pub(crate) commits: u64,
    /// The number of the last commit that is durable.
    durable: u64,
    /// What the next batch will hold.
    next: Writes,
    pub(crate) pending: Pending,
    pub(crate) failed: Option<String>,
    closing: bool,
}

impl State {
    /// Nothing more is read or written after a failed write.
    pub(crate) fn check_running(&self) -> StoreResult<()> {
        self.failed.as_ref().map_or(Ok(()), |message| Err(StoreError::Stopped(message.clone())))
    }

    /// Takes a commit: it is visible at once, and will be durable with the next batch.
    pub(crate) fn take(&mut self, writes: Writes) {
        self.commits += 1;
        self.pending.add(self.commits, &writes);
        self.next.extend(writes);
    }
}

impl Shared {
    pub(crate) fn new(last_commit: u64) -> Self {
        Self {
            state: Mutex::new(State {
                commits: last_commit,
                durable: last_commit,
                next: Writes::new(),
                pending: Pending::default(),
                failed: None,
                closing: false,
            }),
            work: Condvar::new(),
            done: Condvar::new(),
        }
    }

    /// The state. A thread that panicked while it had it has not changed it by halves: changes come last.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn wake_writer(&self) {
        self.work.notify_one();
    }

    /// Waits until this commit is on the disk.
    pub(crate) fn wait(&self, commit: u64) -> StoreResult<()> {
        let mut state = self.state();
        while state.durable < commit {
            if let Some(message) = &state.failed {
                return Err(StoreError::Stopped(message.clone()));
            }
            state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    fn close(&self) {
        self.state().closing = true;
        self.work.notify_one();
    }
}

/// The writing thread; it ends, with all written, when this is dropped.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(db: Db, sync: Option<File>, shared: Arc<Shared>) -> StoreResult<Self> {
        let work = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("viewflow-sled".to_owned())
            .spawn(move || run(&db, sync.as_ref(), &work))
            .map_err(|error| StoreError::Io(error.to_string()))?;
        Ok(Self { shared, thread: Some(thread) })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.close();
        if let Some(thread) = self.thread.take() {
            // The thread does not panic; and there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

fn run(db: &Db, sync: Option<&File>, shared: &Shared) {
    loop {
        let mut state = shared.state();
        while state.next.is_empty() && !state.closing {
            state = shared.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.next.is_empty() {
            return;
        }
        let writes = std::mem::take(&mut state.next);
        let through = state.commits;
        drop(state);

        let written = write(db, sync, writes);

        let mut state = shared.state();
        match written {
            Ok(()) => {
                state.durable = through;
                state.pending.forget(through);
            }
            Err(error) => {
                state.failed = Some(error.to_string());
                shared.done.notify_all();
                return;
            }
        }
        drop(state);
        shared.done.notify_all();
    }
}

fn write(db: &Db, sync: Option<&File>, writes: Writes) -> StoreResult<()> {
    let mut batch = Batch::default();
    for (key, value) in writes {
        match value {
            Some(value) => batch.insert(key, value),
            None => batch.remove(key),
        }
    }
    guarded(|| {
        db.apply_batch(batch)?;
        db.flush()?;
        Ok(())
    })?;
    sync.map_or(Ok(()), File::sync_data).map_err(|error| StoreError::Io(error.to_string()))
}
