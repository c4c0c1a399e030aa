//! The one thread that writes: whatever waits goes into one batch and one sync.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use sled::Db;
use viewflow_core::StoreError;
use viewflow_core::store::StoreResult;

use crate::pending::{Pending, Writes, guarded};

/// How many commits one batch holds at most, and after how many bytes it is full. A batch locks out readers.
const BATCH_COMMITS: usize = 256;
const BATCH_BYTES: usize = 1 << 20;

/// Commits that are written together.
struct Batch {
    /// The number of the last one.
    through: u64,
    writes: Writes,
}

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
    /// The commits that wait for a batch, in order.
    waiting: VecDeque<Writes>,
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
        self.waiting.push_back(writes);
    }

    /// The next batch, at least one commit; the last write of a key is the one that counts.
    fn next_batch(&mut self) -> Batch {
        let mut batch = Batch { through: self.commits - self.waiting.len() as u64, writes: Writes::new() };
        let (mut commits, mut bytes) = (0, 0);
        while commits < BATCH_COMMITS && bytes < BATCH_BYTES {
            let Some(writes) = self.waiting.pop_front() else { break };
            let size = |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| key.len() + value.as_ref().map_or(0, Vec::len);
            bytes += writes.iter().map(size).sum::<usize>();
            commits += 1;
            batch.through += 1;
            batch.writes.extend(writes);
        }
        batch
    }
}

impl Shared {
    pub(crate) fn new(last_commit: u64) -> Self {
        Self {
            state: Mutex::new(State {
                commits: last_commit,
                durable: last_commit,
                waiting: VecDeque::new(),
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
        while state.waiting.is_empty() && !state.closing {
            state = shared.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.waiting.is_empty() {
            return;
        }
        let batch = state.next_batch();
        drop(state);

        let written = write(db, sync, &batch.writes);

        let mut state = shared.state();
        match written {
            Ok(()) => {
                state.durable = batch.through;
                state.pending.forget(batch.through, &batch.writes);
            }
            Err(error) => {
                state.failed = Some(error.to_string());
                shared.done.notify_all();
                return;
            }
        }
        drop(state);
        shared.done.notify_all();
        drop(batch);
    }
}

fn write(db: &Db, sync: Option<&File>, writes: &Writes) -> StoreResult<()> {
    let mut batch = sled::Batch::default();
    for (key, value) in writes {
        match value {
            Some(value) => batch.insert(key.as_slice(), value.as_slice()),
            None => batch.remove(key.as_slice()),
        }
    }
    guarded(|| {
        db.apply_batch(batch)?;
        db.flush()?;
        Ok(())
    })?;
    sync.map_or(Ok(()), File::sync_data).map_err(|error| StoreError::Io(error.to_string()))
}
