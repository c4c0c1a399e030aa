//! How to do things: a page for each topic. The [attributes] have a page, and each derive has its own.
//!
//! The flow itself, its nodes, handlers and edges: [`Flow`](derive@crate::Flow).
//!
//! | topic | page |
//! |---|---|
//! | forms and decisions | [forms], [decisions] |
//! | people, permissions, inbox and queue | [people] |
//! | the kinds of nodes, and the rules of the graph | [nodes], [rules] |
//! | branches, sub-processes, events, time | [branches], [children], [events], [time] |
//! | work outside of the step | [jobs] |
//! | failures, going back, undoing | [failures], [lifecycle], [undoing] |
//! | the history of a process, and charts | [history], [charts] |
//! | durability, backup, retention | [keeping] |
//! | writing a store | [stores] |
//! | a flow that changes while processes run | [change] |

#[doc = include_str!("guide/attributes.md")]
pub mod attributes {}
#[doc = include_str!("guide/branches.md")]
pub mod branches {}
#[doc = include_str!("guide/change.md")]
pub mod change {}
#[doc = include_str!("guide/charts.md")]
pub mod charts {}
#[doc = include_str!("guide/children.md")]
pub mod children {}
#[doc = include_str!("guide/decisions.md")]
pub mod decisions {}
#[doc = include_str!("guide/events.md")]
pub mod events {}
#[doc = include_str!("guide/faces.md")]
pub mod faces {}
#[doc = include_str!("guide/failures.md")]
pub mod failures {}
#[doc = include_str!("guide/forms.md")]
pub mod forms {}
#[doc = include_str!("guide/history.md")]
pub mod history {}
#[doc = include_str!("guide/jobs.md")]
pub mod jobs {}
#[doc = include_str!("guide/keeping.md")]
pub mod keeping {}
#[doc = include_str!("guide/lifecycle.md")]
pub mod lifecycle {}
#[doc = include_str!("guide/nodes.md")]
#[doc = viewflow_core::graph::kinds_table!()]
pub mod nodes {}
#[doc = include_str!("guide/people.md")]
pub mod people {}
#[doc = include_str!("guide/rules.md")]
pub mod rules;
#[doc = include_str!("guide/stores.md")]
pub mod stores {}
#[doc = include_str!("guide/time.md")]
pub mod time {}
#[doc = include_str!("guide/undoing.md")]
pub mod undoing {}
