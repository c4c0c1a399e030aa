//! The items that code of the derive macros uses. Not for direct use.

pub use std::boxed::Box;
pub use std::string::{String, ToString};
pub use std::sync::Arc;
pub use std::vec;
pub use std::vec::Vec;

pub use viewflow_core::__private::{
    InputOf, Known, OtherInput, Unknown, embedded, encoded, kind_of_choices, set_none, settle, value_of,
};
pub use viewflow_core::builder::{
    Chosen, FlowBuilder, IntoData, IntoKey, IntoMoment, IntoObject, IntoOwner, IntoSeed, Latch, NoDataNeeded,
    NoSeedNeeded, StartData, StartSeed, Ways,
};
pub use viewflow_core::document::{FieldAt, Fields, NamedFields, Reader, Value, Writer};
pub use viewflow_core::field::{
    At, Choice, ChoiceList, ChoiceSource, Depends, FieldKind, FieldOf, FieldSpec, FieldType, Index, Initial, NotAsked,
    NotComputed, Pattern, Rules, Source, Widget, convert,
};
pub use viewflow_core::form::{CaseOf, CaseSpec, Cases, NoFields};
pub use viewflow_core::graph::{
    FieldShape, Kind, Plain, Role, Selection, Shape, finds_columns, needs_nothing_new, reads, reads_field,
    seems_renamed, stays_column,
};
#[cfg(feature = "tokio")]
pub use viewflow_core::handler::BoxFuture;
pub use viewflow_core::handler::{
    CallMethod, CaseMethod, DataItems, DoneMethod, EmptySplitData, EmptySplitSeed, InputMethod, IntoProcess, JobMethod,
    QuestionMethod, SeedItems,
};
pub use viewflow_core::nodes::{
    self, HandleNode, InnerNode, Marker, StartHandleNode, StartNode, SubprocessNode, ViewNode,
};
pub use viewflow_core::people::{Candidate, IntoCandidates};
pub use viewflow_core::table::{IndexOf, OnDelete};
pub use viewflow_core::{
    Activation, Choices, Db, Entity, Error, FieldErrors, Flow, Form, Id, JobRun, Message, Process, Result, Task, User,
};
#[cfg(feature = "sled")]
pub use viewflow_sled::Moment as SledMoment;
