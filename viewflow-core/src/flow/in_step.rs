//! Process and task as a handler sees them within a step. Values that the engine maintains are read-only.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};

use serde::{Serialize, Serializer};
use serde_json::Value;
use viewflow_store::{
    Document, ProcessData, ProcessId, ProcessRecord, ProcessStatus, TaskId, TaskRecord, TaskStatus, Timestamp, UserId,
};

use crate::data::document::{self, Fields};
use crate::data::field::FieldType;
use crate::error::{Error, FieldErrors, Result};
use crate::flow::process::{Laid, Process, ProcessOf, encoded};
use crate::flow::task::{IntoSeed, Task, TaskOf};
use crate::moment::{IntoMoment, Moment};

/// A value that the engine maintains. Read it like the value itself; write `*value` to pass the value on.
///
/// Handlers cannot set it. A process is done when it comes to an end of its flow. [`Engine`](crate::Engine) has methods
/// to cancel, suspend and resume a process, and to assign a task.
pub struct ReadOnly<T> {
    value: T,
}

impl<T> ReadOnly<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value }
    }
}

impl<T> Deref for ReadOnly<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

#[expect(clippy::expl_impl_clone_on_copy, reason = "of what is not `Copy`, a clone is one of the value itself")]
impl<T: Copy> Clone for ReadOnly<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Copy> Copy for ReadOnly<T> {}

impl<T: fmt::Debug> fmt::Debug for ReadOnly<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: fmt::Display> fmt::Display for ReadOnly<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: Serialize> Serialize for ReadOnly<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<T: PartialEq> PartialEq for ReadOnly<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for ReadOnly<T> {}

impl<T: PartialEq> PartialEq<T> for ReadOnly<T> {
    fn eq(&self, other: &T) -> bool {
        self.value == *other
    }
}

impl<T: PartialOrd> PartialOrd for ReadOnly<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<T: PartialOrd> PartialOrd<T> for ReadOnly<T> {
    fn partial_cmp(&self, other: &T) -> Option<Ordering> {
        self.value.partial_cmp(other)
    }
}

impl<T: Ord> Ord for ReadOnly<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl<T: Hash> Hash for ReadOnly<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

/// Implements `a.process.id.into()`, and comparisons with the value on the left: `id == a.process.id`.
macro_rules! turned_round {
    ($($value:ty),*) => {
        $(
            impl From<ReadOnly<$value>> for $value {
                fn from(kept: ReadOnly<$value>) -> Self {
                    kept.value
                }
            }

            impl PartialEq<ReadOnly<$value>> for $value {
                fn eq(&self, other: &ReadOnly<$value>) -> bool {
                    *self == other.value
                }
            }
        )*
    };
}

turned_round!(ProcessId, TaskId, Timestamp, ProcessStatus, TaskStatus, Option<UserId>, Option<Timestamp>);

#[diagnostic::do_not_recommend]
impl<T: FieldType + Copy> IntoSeed<T> for ReadOnly<T> {
    fn into_seed(self) -> Result<T> {
        Ok(self.value)
    }
}

#[diagnostic::do_not_recommend]
impl<T: FieldType + Copy> IntoSeed<Option<T>> for ReadOnly<T> {
    fn into_seed(self) -> Result<Option<T>> {
        Ok(Some(self.value))
    }
}

#[diagnostic::do_not_recommend]
impl IntoMoment for ReadOnly<Timestamp> {
    fn into_moment(self) -> Moment {
        Moment::At(self.value)
    }
}

/// The process that a handler works on, seen through its proxy `P`. `a.process.approved` is a field of `P`; the fields
/// below belong to every process.
///
/// Parts of the document that `P` does not know are kept.
#[derive(Debug)]
pub struct ProcessInStep<P: Process> {
    /// The number of the process.
    pub id: ReadOnly<ProcessId>,
    /// Its status.
    pub status: ReadOnly<ProcessStatus>,
    /// The time when it was started.
    pub created: ReadOnly<Timestamp>,
    /// The time when it was finished.
    pub finished: ReadOnly<Option<Timestamp>>,
    /// The value that it starts from.
    pub seed: Option<P::Seed>,
    /// The value that it brings about.
    pub artifact: Option<P::Artifact>,
    laid: Laid<P>,
}

impl<P: Process> ProcessInStep<P> {
    pub(crate) fn read(record: &ProcessRecord, data: &ProcessData, columns: Option<Document>) -> Result<Self> {
        let ProcessOf { id, status, created, finished, seed, artifact, laid } = ProcessOf::read(record, data, columns)?;
        Ok(Self {
            id: ReadOnly::new(id),
            status: ReadOnly::new(status),
            created: ReadOnly::new(created),
            finished: ReadOnly::new(finished),
            seed,
            artifact,
            laid,
        })
    }

    pub(crate) fn check(&self) -> Result<(), FieldErrors> {
        self.laid.check()
    }

    /// Writes back what may have changed. Returns the columns as they were read and as they are now.
    pub(crate) fn save(&self, data: &mut ProcessData) -> Result<Option<(Document, Document)>> {
        let wrong = |errors| Error::Data { at: self.laid.place(), errors };
        let columns = self.laid.save(data)?;
        data.seed = encoded(self.seed.as_ref(), "seed").map_err(wrong)?;
        data.artifact = encoded(self.artifact.as_ref(), "artifact").map_err(wrong)?;
        Ok(columns)
    }

    /// Returns the same document seen through another proxy.
    ///
    /// # Errors
    /// [`Error::Data`] if the document does not fit `Q`.
    pub fn proxy<Q: Fields>(&self) -> Result<Q> {
        self.laid.proxy()
    }

    /// Changes the document through another proxy. In fields that both have, `P` sees the change.
    ///
    /// # Errors
    /// [`Error::Data`] if the document does not fit `Q`, or if `change` leaves a field against its rules. Then nothing
    /// is changed.
    pub fn with_proxy<Q: Fields, R>(&mut self, change: impl FnOnce(&mut Q) -> R) -> Result<R> {
        self.laid.with_proxy(change)
    }
}

impl<P: Process> Deref for ProcessInStep<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.laid.fields
    }
}

impl<P: Process> DerefMut for ProcessInStep<P> {
    fn deref_mut(&mut self) -> &mut P {
        &mut self.laid.fields
    }
}

/// The task that a handler works on, seen as its node's `T`. `a.task.language` is a field of `T`; the fields below
/// belong to every task.
#[derive(Debug)]
pub struct TaskInStep<T: Task> {
    /// The task's id.
    pub id: ReadOnly<TaskId>,
    /// Its status.
    pub status: ReadOnly<TaskStatus>,
    /// The person that has it, or did it.
    pub owner: ReadOnly<Option<UserId>>,
    /// The value that it starts from. It stays as it is: a handler that changes it changes nothing.
    pub seed: T::Seed,
    /// The value that it brings about.
    pub artifact: Option<T::Artifact>,
    fields: T,
    document: Document,
}

impl<T: Task> TaskInStep<T> {
    pub(crate) fn read(record: &TaskRecord) -> Result<Self> {
        let TaskOf { id, status, owner, seed, artifact, fields, document } = TaskOf::read(record)?;
        let (id, status, owner) = (ReadOnly::new(id), ReadOnly::new(status), ReadOnly::new(owner));
        Ok(Self { id, status, owner, seed, artifact, fields, document })
    }

    /// Returns the artifact and document as they are now.
    pub(crate) fn save(self) -> Result<(Value, Document), FieldErrors> {
        let mut document = self.document;
        document::write(&self.fields, &mut document)?;
        Ok((encoded(self.artifact.as_ref(), "artifact")?, document))
    }
}

impl<T: Task> Deref for TaskInStep<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.fields
    }
}

impl<T: Task> DerefMut for TaskInStep<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.fields
    }
}
