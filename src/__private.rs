//! The items that code of the derive macros uses. Not for direct use.

pub use std::boxed::Box;
pub use std::string::{String, ToString};
pub use std::sync::Arc;
pub use std::vec;
pub use std::vec::Vec;

#[cfg(feature = "tokio")]
pub use viewflow_core::BoxFuture;
pub use viewflow_core::document::{Value, embedded, settle};
pub use viewflow_core::graph::{
    FieldShape, Kind, Plain, Role, Selection, Shape, finds_columns, needs_nothing_new, reads, reads_field,
    seems_renamed, stays_column,
};
pub use viewflow_core::handler::{
    CallMethod, CaseMethod, DataItems, DoneMethod, EmptySplitData, EmptySplitSeed, InputMethod, IntoProcess, JobMethod,
    QuestionMethod, SeedItems, value_of,
};
pub use viewflow_core::nodes;
pub use viewflow_core::{
    Activation, At, Candidate, CaseOf, CaseSpec, Cases, Choice, ChoiceSource, Choices, Chosen, Db, Depends, Entity,
    FieldAt, FieldErrors, FieldKind, FieldOf, FieldSpec, FieldType, Fields, Flow, FlowBuilder, Form, HandleNode, Id,
    Index, IndexOf, Initial, InnerNode, IntoCandidates, IntoData, IntoKey, IntoMoment, IntoObject, IntoOwner, IntoSeed,
    JobRun, Known, Latch, Marker, Message, NamedFields, NoDataNeeded, NoFields, NoSeedNeeded, NotAsked, NotComputed,
    OnDelete, Pattern, Process, Reader, Rules, Source, StartData, StartHandleNode, StartNode, StartSeed,
    SubprocessNode, Task, Unknown, User, ViewNode, Ways, Widget, Writer, convert, encoded, set_none,
};
pub use viewflow_core::{Error, Result};
