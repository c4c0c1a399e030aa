//! Everything that a worker needs to do a job.

use std::any::Any;
use std::sync::Arc;

use viewflow_store::{Document, ProcessData, ProcessRecord, Store, TaskId, TaskRecord, Timestamp};

use crate::error::Result;
use crate::unit::versions::Reading;

/// Everything that a worker needs to run an attempt.
pub(crate) struct Attempt {
    pub(crate) id: TaskId,
    pub(crate) process: ProcessRecord,
    pub(crate) data: ProcessData,
    pub(crate) columns: Option<Document>,
    pub(crate) task: TaskRecord,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) now: Timestamp,
    /// The versions, for reading tables.
    pub(crate) reading: Option<Reading>,
}

impl Attempt {
    pub(crate) fn number(&self) -> u32 {
        self.task.job.map_or(0, |job| job.attempt)
    }
}

/// The flow, as workers hold it.
pub(crate) type SharedFlow = Arc<dyn Any + Send + Sync>;

/// How to run an attempt: on the worker's thread, or as a future.
pub(crate) enum Run {
    Here(Box<dyn Fn(&SharedFlow, Attempt) -> Result<Box<dyn Any>> + Send + Sync>),
    #[cfg(feature = "tokio")]
    Future(Box<dyn Fn(&SharedFlow, Attempt) -> BoxFuture<Result<Box<dyn Any + Send>>> + Send + Sync>),
}

/// A future that a worker can run.
#[cfg(feature = "tokio")]
pub type BoxFuture<R> = std::pin::Pin<Box<dyn Future<Output = R> + Send>>;
