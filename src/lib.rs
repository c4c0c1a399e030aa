//! Business processes with people and background work in them: flows as annotated structs, checked by the compiler,
//! kept in an embedded store.

pub use viewflow_core::*;
pub use viewflow_macros::{Choices, Embedded, Entity, Flow, Form, Process, Task};
#[cfg(feature = "sled")]
pub use viewflow_sled::SledStore;

/// What a flow's module needs: `use viewflow::prelude::*`.
pub mod prelude;

#[doc(hidden)]
pub mod __private;
