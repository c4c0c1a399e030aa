//! Changes of data in a step: before and after.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::Document;

/// The greatest length of the JSON of a value that is kept in an event, in bytes.
const LONGEST: usize = 2048;
/// The greatest number of arrays and objects in such a value.
const NESTED: usize = 64;

/// One part of the data of a process or a task that a step changed.
///
/// If the JSON of a value is longer than 2,048 bytes, or has more than 64 arrays and objects, only its length is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataChange {
    /// The part that changed.
    pub part: DataPart,
    /// The value before; null if there was none, or if it is too long.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub from: Value,
    /// The value after; null if there is none, or if it is too long.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub to: Value,
    /// The length of the value before, in bytes of JSON, if it is too long to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_bytes: Option<u64>,
    /// The length of the value after, in bytes of JSON, if it is too long to be kept.
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
    /// A field of the task to which the event belongs.
    TaskField(String),
    /// The artifact of the task to which the event belongs.
    TaskArtifact,
}

impl DataChange {
    /// Makes the change from one value to another; none if they are the same.
    pub fn of(part: DataPart, from: &Value, to: &Value) -> Option<Self> {
        if from == to {
            return None;
        }
        let ((from, from_bytes), (to, to_bytes)) = (kept(from), kept(to));
        Some(Self { part, from, to, from_bytes, to_bytes })
    }
}

/// Adds the parts in which two documents differ. Parts for which `same` returns true are left out.
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

/// Returns a value as it is kept in an event, or its length.
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
