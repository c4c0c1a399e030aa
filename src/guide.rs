//! How to do things, a page for each; the derives have pages of their own, and the [attributes] beside them have one.
//!
//! The flow itself, its nodes, handlers and edges: [`Flow`](derive@crate::Flow).

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
#[doc = include_str!("guide/time.md")]
pub mod time {}
#[doc = include_str!("guide/undoing.md")]
pub mod undoing {}
