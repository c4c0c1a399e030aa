//! The typed model, the kernel and the engine of viewflow.
//!
//! Applications depend on `viewflow`, which re-exports what is here and adds the derive macros.
//! Authors of stores depend on `viewflow-store`.

#![warn(unreachable_pub)]

// From the top down, a floor each: ARCHITECTURE.md has them.
mod engine;

mod flow;
mod kernel;

mod definition;

mod data;

mod unit;

mod error;

pub mod lifecycle;

mod people;

mod moment;

#[cfg(feature = "jiff")]
pub use jiff;
#[cfg(feature = "decimal")]
pub use rust_decimal;
pub use serde_json;
#[cfg(feature = "uuid")]
pub use uuid;
pub use viewflow_graph as graph;
pub use viewflow_store as store;

pub use crate::data::document;
pub use crate::flow::{handler, lock};

pub use crate::data::decision::{CaseOf, CaseSpec, Cases, NoFields};
pub use crate::data::document::{Document, FieldAt, Fields, NamedFields, Reader, Writer};
pub use crate::data::entity::{Entity, IndexOf, TableSpec, ToRef};
pub use crate::data::field::{
    At, Bounded, Bytes, Choice, ChoiceSource, Choices, Choose, Depends, FieldKind, FieldOf, FieldSpec, FieldType,
    HasLength, HasText, Index, Initial, InitialOf, NotAsked, NotComputed, Pattern, Rules, SetNone, Settled, Source,
    ValueKind, Widget, convert, encoded, set_none,
};
pub use crate::data::form::{Filled, Form, FormCase, FormField, FormPage, FormSpec};
pub use crate::data::table::{Query, Table};
#[cfg(feature = "tokio")]
pub use crate::definition::BoxFuture;
pub use crate::definition::{Chosen, Delivery, Latch};
pub use crate::engine::{
    AssignedTask, Clash, Engine, EngineBuilder, FlowPlan, HistoryQuery, Misfit, OpenHandle, OpenSubprocess, OpenTask,
    Page, Plan, ProcessQuery, Renewal, Replaced, Retention, StartDraft, Subscriber, Subscription, TaskCursor,
    TaskQuery, Waiting, Why, Workers,
};
pub use crate::error::{Complaint, Error, FieldErrors, Place, Result, Stale};
pub use crate::flow::Flow;
pub use crate::flow::activation::Activation;
pub use crate::flow::builder::{
    ChildBuilder, ChildStart, EdgeBuilder, FlowBuilder, IntoKey, IntoOwner, NoInputNeeded, NodeBuilder, Ways,
};
pub use crate::flow::in_step::{ProcessInStep, ReadOnly, TaskInStep};
pub use crate::flow::job::JobRun;
pub use crate::flow::message::Message;
pub use crate::flow::node::kinds as nodes;
pub use crate::flow::node::kinds::*;
pub use crate::flow::node::{
    HandleNode, InnerNode, Input, Marker, Node, Nodes, StartHandleNode, StartNode, SubprocessNode, ViewNode,
};
pub use crate::flow::object::IntoObject;
pub use crate::flow::process::{Process, ProcessOf};
pub use crate::flow::task::{
    Artifact, IntoData, IntoSeed, NoDataNeeded, NoSeedNeeded, Seed, StartData, StartSeed, Task, TaskOf,
};
pub use crate::flow::unknown::{Known, Unknown};
pub use crate::moment::{IntoMoment, Moment};
pub use crate::people::{Anonymous, Because, IntoCandidates, Superuser, User};
pub use crate::unit::Db;
pub use viewflow_store::{Candidate, Object, Permission};
pub use viewflow_store::{Clock, ManualClock, SystemClock, Timestamp};
pub use viewflow_store::{
    Event, MemoryStore, NodeName, OnDelete, ProcessStatus, Store, StoreError, TaskRecord, TaskStatus, What,
};
pub use viewflow_store::{Id, ProcessId, Ref, TaskId, UserId};

/// What `viewflow-testing` uses beside the rest. Nothing here is for others.
#[doc(hidden)]
pub mod __testing {
    pub use crate::kernel::mailbox::{LETTERS, MAILBOX, MAILBOXES, PROMISED};
    pub use crate::unit::looked::looked_at;
    pub use crate::unit::tables::PROCESSES;
}
