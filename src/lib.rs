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
//! - The parts of a flow: the derives [`Flow`](derive@Flow), [`Process`](derive@Process), [`Task`](derive@Task),
//!   [`Form`](derive@Form), [`Entity`](derive@Entity), [`Embedded`](derive@Embedded), [`Choices`](derive@Choices),
//!   [`Message`](derive@Message).
//! - The same as [attributes](guide::attributes), such as `#[viewflow::flow(..)]`.
//! - How to do things: the [`guide`].
//! - Running flows: [`Engine`], and [`Activation`] in handlers.
//! - Stores: [`SledStore`], [`MemoryStore`], and [`store`] for authors of a store.

pub use viewflow_core::*;
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
#[doc(hidden)]
pub use viewflow_sled::Moment as SledMoment;
#[cfg(feature = "sled")]
pub use viewflow_sled::{Durability, Options as SledOptions, Report as SledReport, SledStore};

pub mod guide;
pub mod prelude;

#[doc(hidden)]
pub mod __private;
