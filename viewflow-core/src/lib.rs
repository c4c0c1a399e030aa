//! The typed model, the kernel, the engine and the store contract of viewflow.
//!
//! Applications depend on `viewflow`, which re-exports what is here and adds the derive macros. Authors of stores
//! depend on this crate: see [`store`] and [`testing`].

mod activation;
mod builder;
mod definition;
pub mod document;
mod engine;
mod entity;
mod error;
mod field;
mod flow;
mod form;
pub mod handler;
mod id;
mod job;
mod kernel;
pub mod lifecycle;
pub mod lock;
mod message;
mod node;
mod people;
mod process;
pub mod store;
mod table;
mod task;
pub mod testing;
mod time;
mod unit;
mod user;

#[cfg(feature = "jiff")]
pub use jiff;
#[cfg(feature = "decimal")]
pub use rust_decimal;
pub use serde_json;
#[cfg(feature = "uuid")]
pub use uuid;
pub use viewflow_graph as graph;

pub use crate::activation::Activation;
pub use crate::builder::{ChildBuilder, EdgeBuilder, FlowBuilder, IntoKey, IntoOwner, NoInputNeeded, NodeBuilder};
#[cfg(feature = "tokio")]
pub use crate::definition::BoxFuture;
pub use crate::definition::{Delivery, Latch};
pub use crate::document::{Document, FieldAt, Fields, NamedFields, Reader, Writer};
pub use crate::engine::{
    AssignedTask, Engine, EngineBuilder, FlowPlan, HistoryQuery, Misfit, OpenHandle, OpenSubprocess, OpenTask, Page,
    Plan, ProcessQuery, Retention, Subscriber, Subscription, TaskCursor, TaskQuery, Waiting, Why, Workers,
};
pub use crate::entity::{Entity, IndexOf, TableSpec, ToRef};
pub use crate::error::{Error, FieldErrors, Place, Result};
pub use crate::field::{
    At, Bounded, Bytes, Choice, ChoiceSource, Choices, Choose, FieldKind, FieldOf, FieldSpec, FieldType, HasLength,
    HasText, Index, Initial, Pattern, Rules, SetNone, convert, encoded, set_none,
};
pub use crate::flow::Flow;
pub use crate::form::{Form, FormField, FormSpec};
pub use crate::id::{Id, ProcessId, Ref, TaskId, UserId};
pub use crate::job::JobRun;
pub use crate::message::Message;
pub use crate::node::{
    BusinessRule, CompensateThrow, ConditionalCatch, End, ErrorEnd, EscalationThrow, Function, Handle, HandleNode, If,
    InnerNode, Input, Job, Join, ManualTask, Marker, MessageCatch, MessageThrow, NSubprocess, Node, SendHandle,
    SignalCatch, SignalThrow, Split, SplitFirst, Start, StartHandle, StartHandleNode, StartNode, StartTimer,
    Subprocess, SubprocessNode, Switch, Terminate, Timer, View, ViewNode,
};
pub use crate::people::{Anonymous, Because, Candidate, IntoCandidates, Object, Permission, Superuser, User};
pub use crate::process::{Process, ProcessOf};
pub use crate::store::{
    Event, MemoryStore, NodeName, OnDelete, ProcessStatus, Store, StoreError, TaskRecord, TaskStatus, What,
};
pub use crate::table::{Query, Table};
pub use crate::task::{
    Artifact, IntoData, IntoSeed, NoDataNeeded, NoSeedNeeded, Seed, StartData, StartSeed, Task, TaskOf,
};
pub use crate::time::{Clock, IntoMoment, ManualClock, Moment, SystemClock, Timestamp};
pub use crate::unit::Db;
pub use crate::user::IntoObject;
