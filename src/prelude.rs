//! What a flow's module needs: `use viewflow::prelude::*`.

#[cfg(feature = "sled")]
pub use crate::SledStore;
pub use crate::{
    Activation, Artifact, BusinessRule, Bytes, Choices, CompensateThrow, ConditionalCatch, Embedded, End, Engine,
    Entity, Error, ErrorEnd, EscalationThrow, Flow, Form, Function, Handle, Id, If, Job, JobRun, Join, ManualTask,
    MemoryStore, Message, MessageCatch, MessageThrow, NSubprocess, Node as _, Process, ProcessId, ProcessOf,
    ProcessStatus, Ref, Result, Seed, SendHandle, SignalCatch, SignalThrow, Split, SplitFirst, Start, StartHandle,
    StartTimer, Subprocess, Superuser, Switch, Task, TaskId, TaskOf, TaskStatus, Terminate, Timer, User as _, UserId,
    View,
};
