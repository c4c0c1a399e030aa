//! The threads of a store: one writes the journal, the other moves it into the tree.

use std::fs::File;
use std::sync::Arc;
use std::thread::JoinHandle;

use sled::Db;
use viewflow_store::{StoreError, StoreResult};

use crate::checkpoint::{apply, put_into_tree};
use crate::guard::guarded;
use crate::shared::Shared;
use crate::writer::write;

/// The threads. When this is dropped, they put all commits into the tree and end.
pub(crate) struct Threads {
    shared: Arc<Shared>,
    /// `None` once it is closed.
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
            thread.map_err(StoreError::io)
        };
        let journal = Arc::clone(&shared);
        threads.writer = Some(spawn("viewflow-journal", Box::new(move || write(&journal)))?);
        let work = move || put_into_tree(&db, sync.as_ref().as_ref(), &shared);
        threads.checkpointer = Some(spawn("viewflow-sled", Box::new(work))?);
        Ok(threads)
    }

    /// Puts the rest into the tree, so that the store opens fast. If that fails, the journal still has it.
    fn finish(&self) -> StoreResult<()> {
        let Some(db) = &self.db else { return Ok(()) };
        let Some((writes, through)) = self.shared.rest() else { return Ok(()) };
        if !writes.is_empty() {
            apply(db, self.sync.as_ref().as_ref(), &writes, through)?;
        }
        self.shared.journal().clear().map_err(StoreError::io)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shared.close();
        // The threads do not panic, and nobody is left to receive an error.
        if let Some(thread) = self.writer.take() {
            let _ = thread.join();
        }
        self.shared.journal_has_ended();
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
