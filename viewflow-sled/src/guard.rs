//! Calls sled so that neither its errors nor its panics get through untyped.

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use sled::Db;
use viewflow_store::StoreError;
use viewflow_store::StoreResult;

/// How long a flush may take before somebody looks after it: after a write of its log has failed, sled may wait in `flush` for ever,
/// until somebody else calls it.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often that is done before the flush is given up.
const TRIES: u32 = 15;

/// A failure of the medium, with what it happened at.
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

/// Calls sled. It panics on some kinds of damage.
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

/// Flushes sled's log and sees to it that it is on the disk, which sled on Linux does not.
pub(crate) fn flush(db: &Db, file: Option<&File>) -> StoreResult<()> {
    let (done, finished) = channel();
    let flushing = db.clone();
    let work = move || {
        let flushed = guarded(|| flushing.flush().map(drop));
        drop(flushing);
        // Nobody waits any more when it was given up.
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
