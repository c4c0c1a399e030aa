//! What a flow's module needs: `use viewflow::prelude::*`.

#[cfg(feature = "sled")]
pub use crate::SledStore;
pub use crate::{
    Activation, Artifact, Bytes, Choices, Embedded, End, Engine, Entity, Flow, Form, Function, Handle, Id, If, Join,
    Process, ProcessOf, Ref, Result, Seed, Split, Start, StartHandle, Switch, Task, TaskOf, UserId, View,
};
