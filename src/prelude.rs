//! What a flow's module needs: `use viewflow::prelude::*`.

#[cfg(feature = "sled")]
pub use crate::SledStore;
pub use crate::{
    Activation, Artifact, Bytes, Choices, Embedded, End, Engine, Entity, Error, Flow, Form, Function, Handle, Id, If,
    Join, MemoryStore, Node as _, Process, ProcessId, ProcessOf, ProcessStatus, Ref, Result, Seed, Split, Start,
    StartHandle, Switch, Task, TaskId, TaskOf, TaskStatus, UserId, View,
};
