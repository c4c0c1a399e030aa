// The README's links lead to files. In rustdoc these definitions come first, and lead to the pages here.
//! [`Entity`]: derive@Entity
//! [`Form`]: derive@Form
//! [`Process`]: derive@Process
//! [branches]: guide::branches
//! [change]: guide::change
//! [charts]: guide::charts
//! [children]: guide::children
//! [decisions]: guide::decisions
//! [events]: guide::events
//! [faces]: guide::faces
//! [failures]: guide::failures
//! [flow]: derive@Flow
//! [forms]: guide::forms
//! [history]: guide::history
//! [jobs]: guide::jobs
//! [keeping]: guide::keeping
//! [lifecycle]: guide::lifecycle
//! [nodes]: guide::nodes
//! [people]: guide::people
//! [rules]: guide::rules
//! [time]: guide::time
//! [undoing]: guide::undoing
#![cfg_attr(feature = "sled", doc = "[`SledStore`]: SledStore")]
//!
#![doc = include_str!("../README.md")]
//!
//! # Where to look
//!
//! | you want to | look at |
//! |---|---|
//! | write a flow | [`Flow`](derive@Flow), [`Process`](derive@Process), [`Task`](derive@Task), and kinds of [`nodes`] |
//! | ask a person something | [`Form`](derive@Form), [`Choices`](derive@Choices), [`Embedded`](derive@Embedded) |
//! | keep business data | [`Entity`](derive@Entity), then [`Table`], [`table`] |
//! | send messages between processes | [`Message`](derive@Message) |
//! | write attributes instead of derives | [`guide::attributes`], such as `#[viewflow::flow(..)]` |
//! | read how things are done | the [`guide`], a page for each |
//! | run flows | [`Engine`], and [`engine`] for what its methods take and return |
//! | write a face: pages, a window, a terminal | [`Desk`], [`desk`], then [`mod@form`], [`field`] |
//! | write a handler | [`Activation`], [`JobRun`], and [`handler`] |
//! | build pages, a terminal or an API | [`desk`], made by [`Engine::desk`] |
//! | say who may do what | [`User`], and [`people`] |
//! | show an error, or react to one | [`Error`], and [`mod@error`] |
//! | see what can be done when, and by whom | [`lifecycle`] |
//! | change a flow whose processes run | [`change`], [`lock`] |
//! | draw charts of flows | [`graph`] |
//! | keep, copy or read what is stored, or write a store | [`SledStore`], [`MemoryStore`], [`store`] |
//! | read and write documents by hand | [`Document`], [`document`] |
//! | write a flow without a derive | [`builder`] |

#[doc(inline)]
pub use viewflow_core::graph;
#[cfg(feature = "jiff")]
pub use viewflow_core::jiff;
#[cfg(feature = "decimal")]
pub use viewflow_core::rust_decimal;
pub use viewflow_core::serde_json;
#[cfg(feature = "uuid")]
pub use viewflow_core::uuid;
pub use viewflow_core::{
    Activation, Anonymous, Artifact, Bytes, Choices, Db, Desk, Document, Engine, EngineBuilder, Entity, Error, Event,
    EventKind, FieldErrors, Flow, Form, Id, JobRun, MemoryStore, Message, NodeName, Page, Permission, Process,
    ProcessId, ProcessOf, ProcessStatus, Ref, Result, Seed, Store, StoreError, Superuser, Table, Task, TaskId, TaskOf,
    TaskStatus, Timestamp, User, UserId, Workers, flow_lock,
};
pub use viewflow_core::{
    builder, change, desk, document, engine, error, field, form, handler, lifecycle, lock, nodes, people, table,
};
#[doc = include_str!("guide/choices.md")]
pub use viewflow_macros::Choices;
#[doc = include_str!("guide/embedded.md")]
pub use viewflow_macros::Embedded;
#[doc = include_str!("guide/entity.md")]
pub use viewflow_macros::Entity;
#[doc = include_str!("guide/flow.md")]
pub use viewflow_macros::Flow;
#[doc = include_str!("guide/form.md")]
pub use viewflow_macros::Form;
#[doc = include_str!("guide/message.md")]
pub use viewflow_macros::Message;
#[doc = include_str!("guide/process.md")]
pub use viewflow_macros::Process;
#[doc = include_str!("guide/task.md")]
pub use viewflow_macros::Task;
/// The derive [`Entity`](derive@Entity) as an [attribute](guide::attributes).
pub use viewflow_macros::entity;
/// The derive [`Flow`](derive@Flow) as an [attribute](guide::attributes).
pub use viewflow_macros::flow;
/// The derive [`Form`](derive@Form) as an [attribute](guide::attributes).
pub use viewflow_macros::form;
/// The derive [`Message`](derive@Message) as an [attribute](guide::attributes).
pub use viewflow_macros::message;
/// The derive [`Process`](derive@Process) as an [attribute](guide::attributes).
pub use viewflow_macros::process;
/// The derive [`Task`](derive@Task) as an [attribute](guide::attributes).
pub use viewflow_macros::task;
#[cfg(feature = "sled")]
pub use viewflow_sled::SledStore;

pub mod guide;
pub mod prelude;
pub mod store;

#[doc(hidden)]
pub mod __private;
