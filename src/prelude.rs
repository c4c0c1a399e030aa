//! The names that a flow's module needs: `use viewflow::prelude::*`.

#[cfg(feature = "sled")]
pub use crate::SledStore;
pub use crate::nodes::*;
pub use crate::{
    Activation, Artifact, Bytes, Choices, Embedded, Engine, Entity, Error, Flow, Form, Id, Initial as _, JobRun,
    MemoryStore, Message, Node as _, Process, ProcessId, ProcessOf, ProcessStatus, Ref, Result, Seed, Superuser, Task,
    TaskId, TaskOf, TaskStatus, User as _, UserId,
};
