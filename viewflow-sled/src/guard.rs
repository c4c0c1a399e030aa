//! Calls sled so that its errors and panics become typed errors.

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use sled::Db;
use viewflow_store::{StoreError, StoreResult};

/// How long a flush may take before another flush is tried. After a failed write of its log, sled may wait in
/// `flush` forever, until another thread calls `flush`.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often that is tried before the flush is given up.
const TRIES: u32 = 15;

/// A failed read or write, with what the store was doing.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) doing: String,
    pub(crate) source: std::io::Error,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doing, self.source)
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// Calls sled, and catches its panics: it panics on some kinds of damage.
pub(crate) fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> StoreResult<T> {
    let damaged = |detail| StoreError::Damaged { what: "the database file".to_owned(), detail };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error @ sled::Error::Corruption { .. })) => Err(damaged(error.to_string())),
        Ok(Err(error)) => Err(StoreError::io(error)),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(damaged(text.unwrap_or_else(|| "sled panicked".to_owned())))
        }
    }
}

/// Flushes sled's log and syncs its file, which sled on Linux does not do.
pub(crate) fn flush(db: &Db, file: Option<&File>) -> StoreResult<()> {
    let (done, finished) = channel();
    let flushing = db.clone();
    let work = move || {
        let flushed = guarded(|| flushing.flush().map(drop));
        drop(flushing);
        // Nobody receives this if the flush was given up.
        let _ = done.send(flushed);
    };
    let thread = thread::Builder::new().name("viewflow-flush".to_owned()).spawn(work);
    thread.map_err(StoreError::io)?;
    for _ in 0..TRIES {
        match finished.recv_timeout(PATIENCE) {
            Ok(flushed) => {
                flushed?;
                return file.map_or(Ok(()), File::sync_data).map_err(StoreError::io);
            }
            Err(RecvTimeoutError::Timeout) => guarded(|| db.flush().map(drop))?,
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Err(StoreError::io("the database does not come to an end of writing"))
}
