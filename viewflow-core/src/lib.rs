//! The typed model, the kernel and the engine of viewflow.
//!
//! Applications depend on `viewflow`, which re-exports what is here and adds the derive macros.
//! Authors of stores depend on `viewflow-store`.

#![warn(unreachable_pub)]

// From the top down, a floor each: ARCHITECTURE.md has them.
pub mod engine;

mod flow;
mod kernel;

mod definition;

mod data;

mod unit;

pub mod error;

pub mod lifecycle;

pub mod people;

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

// The names that an application's code uses in its first week. The rest is on the shelves below.
pub use crate::data::document::Document;
pub use crate::data::entity::Entity;
pub use crate::data::field::{Bytes, Choices};
pub use crate::data::form::Form;
pub use crate::data::table::Table;
pub use crate::engine::{Desk, Engine, EngineBuilder, Page, Workers};
pub use crate::error::{Error, FieldErrors, Result};
pub use crate::flow::Flow;
pub use crate::flow::activation::Activation;
pub use crate::flow::job::JobRun;
pub use crate::flow::lock;
pub use crate::flow::message::Message;
pub use crate::flow::process::{Process, ProcessOf};
pub use crate::flow::task::{Artifact, Seed, Task, TaskOf};
pub use crate::people::{Anonymous, Superuser, User};
pub use crate::unit::Db;
pub use viewflow_store::{
    Event, EventKind, Id, MemoryStore, NodeName, Permission, ProcessId, ProcessStatus, Ref, Store, StoreError, TaskId,
    TaskStatus, Timestamp, UserId,
};

/// Kinds of nodes, as the types of a flow's fields, and node handles such as `PublishFlow::review`.
///
/// Look here for the type of a field or node handle, and to write functions that take any node of a flow.
pub mod nodes {
    pub use crate::flow::node::kinds::*;
    pub use crate::flow::node::{
        HandleNode, InnerNode, Input, Marker, Node, Nodes, StartHandleNode, StartNode, SubprocessNode, ViewNode,
    };
}

/// The builder that `#[derive(Flow)]` writes calls of, and what the closures of a flow may give.
///
/// Look here to write a flow without the derive, or when a message names one of these traits.
pub mod builder {
    pub use crate::definition::{Chosen, Latch};
    pub use crate::flow::builder::{
        ChildBuilder, ChildStart, EdgeBuilder, FlowBuilder, IntoKey, IntoOwner, NoInputNeeded, NodeBuilder, Ways,
    };
    pub use crate::flow::object::IntoObject;
    pub use crate::flow::task::{IntoData, IntoSeed, NoDataNeeded, NoSeedNeeded, StartData, StartSeed};
    pub use crate::moment::{IntoMoment, Moment};
}

/// The arguments of handlers beside [`Activation`] and [`JobRun`], and the traits of the methods and closures that
/// attributes name.
///
/// Look here for what a handler can read and set of its process and task, or when a message names one of these traits.
pub mod handler {
    #[cfg(feature = "tokio")]
    pub use crate::definition::BoxFuture;
    pub use crate::flow::handler::{
        CallMethod, CaseMethod, DataItems, DoneMethod, EmptySplitData, EmptySplitSeed, InputMethod, IntoProcess,
        JobMethod, QuestionMethod, SeedItems,
    };
    pub use crate::flow::in_step::{ProcessInStep, ReadOnly, TaskInStep};
}

/// Types of fields: how their values are kept, described, checked and chosen.
///
/// Look here to write a field type of your own, or to draw a widget for a field.
pub mod field {
    pub use crate::data::field::{
        At, Bounded, Choice, ChoiceList, ChoiceSource, Choose, Depends, FieldKind, FieldOf, FieldSpec, FieldType,
        HasLength, HasText, Index, Initial, InitialOf, Looked, NotAsked, NotComputed, Pattern, Rules, SetNone, Source,
        ValueKind, Widget, convert,
    };
}

/// Forms as data: pages, fields, cases, and what is filled in.
///
/// Look here to draw a form, or to check one before it is submitted.
pub mod form {
    pub use crate::data::decision::{CaseOf, CaseSpec, Cases, NoFields};
    pub use crate::data::form::{Filled, FormCase, FormField, FormPage, FormSpec};
}

/// The things that a person sees and does at a [`Desk`], as data.
///
/// Look here to write a face, such as a page or a terminal.
pub mod desk {
    pub use crate::engine::desk::{
        Acted, Chart, ChartEdge, ChartNode, Count, FormPlace, ListCursor, MayDo, Parent, PastProcess, PastTask,
        ProcessCommand, ProcessDetails, ProcessLine, ProcessLines, ShownChange, ShownEvent, ShownField, ShownValue,
        StartLine, TaskCommand, TaskDetails, TaskLine, TaskLines, WhyNot,
    };
}

/// Structs over JSON documents.
///
/// Look here to read or write a document by hand, or to make a proxy without a derive.
pub mod document {
    pub use crate::data::document::{FieldAt, Fields, NamedFields, Reader, Value, Writer, read, write};
}

/// The queries and descriptions of tables, beside [`Table`].
///
/// Look here for the type of a query or of an index such as `Post::by_slug`.
pub mod table {
    pub use crate::data::entity::{IndexOf, TableSpec, ToRef};
    pub use crate::data::table::Query;
    pub use viewflow_store::OnDelete;
}

/// The changes that a version of the program would make to a store, or cannot bear.
///
/// Look here for the report of [`EngineBuilder::plan`] before a version is put to work.
pub mod change {
    pub use crate::engine::change::plan::{FlowPlan, Mismatch, MismatchReason, Plan};
    pub use crate::engine::change::renewal::{Clash, Renewal, Replaced};
}

/// The names that the derives and attributes write, by way of `viewflow::__private`. Nothing here is for others.
#[doc(hidden)]
pub mod __private {
    pub use crate::data::document::{embedded, settle};
    pub use crate::data::field::{Settled, encoded, kind_of_choices, set_none};
    pub use crate::flow::builder::{InputOf, OtherInput};
    pub use crate::flow::handler::{Fits, Never, value_of};
    pub use crate::flow::node::kinds;
    pub use crate::flow::unknown::{Known, Unknown};
}

/// What `viewflow-testing` uses beside the rest. Nothing here is for others.
#[doc(hidden)]
pub mod __testing {
    pub use crate::kernel::mailbox::{LETTERS, MAILBOX, MAILBOXES, PROMISED};
    pub use crate::unit::looked::looked_at;
    pub use crate::unit::tables::PROCESSES;
}
