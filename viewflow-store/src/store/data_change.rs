//! What a step changed in data: before and after.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::Document;

/// How long the JSON of a value is at most, in bytes, to be kept in an event.
const LONGEST: usize = 2048;
/// How many arrays and objects such a value has at most.
const NESTED: usize = 64;

/// One part of the data of a process or a task that a step changed.
///
/// Values whose JSON is longer than 2,048 bytes, or that have more than 64 arrays and objects, are told by their length alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataChange {
    /// Which part.
    pub part: DataPart,
    /// The value before; null when there was none, or when it is too long.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub from: Value,
    /// The value after, likewise.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub to: Value,
    /// How long the value before was in bytes of JSON, when it is too long to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_bytes: Option<u64>,
    /// How long the value after is, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_bytes: Option<u64>,
}

/// A part of the data of a process or a task.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DataPart {
    /// A field of the process, or a column of it: the first key under which it is stored.
    Field(String),
    /// The seed of the process.
    Seed,
    /// The artifact of the process.
    Artifact,
    /// A field of the task that the event is of.
    TaskField(String),
    /// The artifact of the task that the event is of.
    TaskArtifact,
}

impl DataChange {
    /// The change from one value to another; none when they are the same.
    pub fn of(part: DataPart, from: &Value, to: &Value) -> Option<Self> {
        if from == to {
            return None;
        }
        let ((from, from_bytes), (to, to_bytes)) = (kept(from), kept(to));
        Some(Self { part, from, to, from_bytes, to_bytes })
    }
}

/// The parts in which two documents differ, but for those that are the same whatever is written there.
pub fn differences(
    before: &Document,
    after: &Document,
    same: impl Fn(&str) -> bool,
    part: fn(String) -> DataPart,
    changes: &mut Vec<DataChange>,
) {
    let new = after.iter().map(|(key, to)| (key, before.get(key).unwrap_or(&Value::Null), to));
    let gone = before.iter().filter(|(key, _)| !after.contains_key(*key)).map(|(key, from)| (key, from, &Value::Null));
    let differ = new.chain(gone).filter(|(key, from, to)| from != to && !same(key));
    changes.extend(differ.filter_map(|(key, from, to)| DataChange::of(part(key.clone()), from, to)));
}

/// A value as it is kept in an event, or how long it is.
fn kept(value: &Value) -> (Value, Option<u64>) {
    let text = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => return (value.clone(), None),
        Value::String(text) if text.len() < LONGEST / 6 => return (value.clone(), None),
        value => value.to_string(),
    };
    if text.len() > LONGEST || text.matches(['[', '{']).count() > NESTED {
        return (Value::Null, Some(text.len() as u64));
    }
    (value.clone(), None)
}

impl fmt::Display for DataPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, "process.{name}"),
            Self::Seed => f.write_str("process.seed"),
            Self::Artifact => f.write_str("process.artifact"),
            Self::TaskField(name) => write!(f, "task.{name}"),
            Self::TaskArtifact => f.write_str("task.artifact"),
        }
    }
}

impl fmt::Display for DataChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |f: &mut fmt::Formatter<'_>, value: &Value, bytes: Option<u64>| match bytes {
            Some(bytes) => write!(f, "{bytes} bytes"),
            None => write!(f, "{value}"),
        };
        write!(f, "{} from ", self.part)?;
        value(f, &self.from, self.from_bytes)?;
        f.write_str(" to ")?;
        value(f, &self.to, self.to_bytes)
    }
}
