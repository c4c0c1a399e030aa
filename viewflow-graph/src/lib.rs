//! A flow's graph as plain data, with its soundness rules and its charts.
//!
//! This crate alone knows which graphs are *sound*. The derive macro asks it at compile time and rejects unsound flows.
//! The engine asks it which [`Kind::Join`] closes which [`Kind::Split`]. Charts are drawn from the same graph.
//!
//! ```
//! use viewflow_graph::{Graph, Kind, Role};
//!
//! let mut graph = Graph::new("hello");
//! let start = graph.node("start", Kind::Start);
//! let approve = graph.node("approve", Kind::View);
//! let end = graph.node("end", Kind::End);
//! graph.edge(start, Role::Next, approve);
//! graph.edge(approve, Role::Next, end);
//! assert!(graph.check().is_ok());
//! ```

#![warn(unreachable_pub)]

#[cfg(test)]
extern crate self as viewflow_graph;

// Each group is one floor, from the top down. ARCHITECTURE.md lists the floors.
#[cfg(feature = "serde")]
mod serial;

mod chart;
mod family;
pub mod lock;

mod check;
mod layout;

mod course;
mod walk;

mod graph;
mod rule;
mod sound;

mod detail;
mod kind;
mod role;
mod shape;

mod attribute;
mod suggest;

mod text;

pub use crate::attribute::Attribute;
pub use crate::chart::Mark;
pub use crate::detail::Detail;
pub use crate::family::check_family;
pub use crate::graph::{Edge, Graph, Node};
pub use crate::kind::{Kind, Need};
pub use crate::role::{Role, Selection};
pub use crate::rule::{Fault, Rule, Spot};
pub use crate::shape::{
    FieldShape, Plain, Shape, finds_columns, needs_nothing_new, reads, reads_field, seems_renamed, stays_column,
};
pub use crate::sound::{Sound, within};
pub use crate::suggest::nearest;
