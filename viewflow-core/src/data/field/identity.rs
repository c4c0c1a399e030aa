//! People, processes, tasks and points in time, as the engine knows them.

use serde_json::Value;
use viewflow_graph::{Plain, Shape};
use viewflow_store::{ProcessId, TaskId, Timestamp, UserId};

use super::{FieldKind, FieldType, HasLength, HasText, Initial};

#[diagnostic::do_not_recommend]
impl FieldType for UserId {
    type Item = Self;
    const SHAPE: Shape = Shape::Plain(Plain::User);

    fn kind() -> FieldKind {
        FieldKind::User
    }

    fn stand_in() -> Option<Self> {
        Some(Self::new(""))
    }

    fn encode(&self) -> Result<Value, String> {
        Ok(Value::from(self.as_str()))
    }

    fn decode(value: &Value) -> Result<Self, String> {
        value.as_str().map(Self::new).ok_or_else(|| "must be the name of a person".to_owned())
    }
}

#[diagnostic::do_not_recommend]
impl FieldType for ProcessId {
    type Item = Self;
    const SHAPE: Shape = Shape::Plain(Plain::Process);

    fn kind() -> FieldKind {
        FieldKind::Process
    }

    fn encode(&self) -> Result<Value, String> {
        Ok(Value::from(self.0))
    }

    fn decode(value: &Value) -> Result<Self, String> {
        value.as_u64().map(Self).ok_or_else(|| "must be the number of a process".to_owned())
    }
}

#[diagnostic::do_not_recommend]
impl FieldType for TaskId {
    type Item = Self;
    const SHAPE: Shape = Shape::Plain(Plain::Task);

    fn kind() -> FieldKind {
        FieldKind::Task
    }

    fn encode(&self) -> Result<Value, String> {
        Ok(Value::String(self.to_string()))
    }

    fn decode(value: &Value) -> Result<Self, String> {
        let parsed = value.as_str().and_then(|text| text.parse().ok());
        parsed.ok_or_else(|| "must be a task such as 7/3: its process, and its number within it".to_owned())
    }
}

#[diagnostic::do_not_recommend]
impl FieldType for Timestamp {
    type Item = Self;
    const SHAPE: Shape = Shape::Plain(Plain::Timestamp);

    fn kind() -> FieldKind {
        FieldKind::Timestamp
    }

    fn encode(&self) -> Result<Value, String> {
        self.to_text().map(Value::String).ok_or_else(|| format!("is {self}, which is beyond the year 9999"))
    }

    fn decode(value: &Value) -> Result<Self, String> {
        let parsed = value.as_str().and_then(Self::from_text);
        parsed.ok_or_else(|| "must be a point in time such as 2026-11-22T13:45:00Z".to_owned())
    }
}

/// No person: the name is empty.
#[diagnostic::do_not_recommend]
impl Initial for UserId {
    fn initial() -> Self {
        Self::new("")
    }
}

/// No process: their numbers begin with 1.
#[diagnostic::do_not_recommend]
impl Initial for ProcessId {
    fn initial() -> Self {
        Self(0)
    }
}

/// No task: their numbers begin with 1.
#[diagnostic::do_not_recommend]
impl Initial for TaskId {
    fn initial() -> Self {
        Self { process: ProcessId(0), ordinal: 0 }
    }
}

#[diagnostic::do_not_recommend]
impl HasLength for UserId {
    fn length(&self) -> usize {
        self.as_str().chars().count()
    }
}

#[diagnostic::do_not_recommend]
impl HasText for UserId {
    fn text(&self) -> Option<&str> {
        Some(self.as_str())
    }
}
