//! The names that a flow's module needs: `use viewflow::prelude::*`.

pub use viewflow_core::__private::kinds::*;

#[cfg(feature = "sled")]
pub use crate::SledStore;
pub use crate::field::Initial as _;
pub use crate::nodes::Node as _;
pub use crate::{
    Activation, Artifact, Bytes, Choices, Embedded, Engine, Entity, Error, Flow, Form, Id, JobRun, MemoryStore,
    Message, Process, ProcessId, ProcessOf, ProcessStatus, Ref, Result, Seed, Superuser, Task, TaskId, TaskOf,
    TaskStatus, User as _, UserId,
};
