//! The records a store keeps. All of them are JSON when they are stored.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::Document;
use crate::field::OnDelete;
use crate::id::{ProcessId, TaskId, UserId};
use crate::time::Timestamp;
use viewflow_graph::Kind;

/// How far a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ProcessStatus {
    /// Some task is open.
    New,
    /// All its tokens came to an end.
    Done,
}

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TaskStatus {
    /// Waits; nobody has it.
    New,
    /// Waits for the person who has it.
    Assigned,
    /// Is a split whose branches run, or a join that waits for them.
    Started,
    /// Is done.
    Done,
}

impl TaskStatus {
    /// Whether nothing more happens to it.
    pub fn is_final(self) -> bool {
        self == Self::Done
    }
}

impl fmt::Display for ProcessStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Done => "done",
        })
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Assigned => "assigned",
            Self::Started => "started",
            Self::Done => "done",
        })
    }
}

/// A process as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcessRecord {
    /// Which process.
    pub id: ProcessId,
    /// The stored name of its flow.
    pub flow: String,
    /// How far it is.
    pub status: ProcessStatus,
    /// When it was started.
    pub created: Timestamp,
    /// When it was finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// Its seed, encoded; null when there is none.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub seed: Value,
    /// Its artifact, encoded; null when there is none.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub artifact: Value,
    /// The document its proxies are laid over.
    pub data: Document,
    /// How many tasks it has had.
    pub tasks: u32,
    /// How many scopes it has had.
    pub scopes: u32,
    /// How many events it has had.
    pub events: u32,
}

/// A task as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// Which task.
    pub id: TaskId,
    /// The stored name of its flow.
    pub flow: String,
    /// The stored name of its node.
    pub node: String,
    /// The kind of its node.
    #[serde(with = "kind_by_name")]
    pub kind: Kind,
    /// How far it is.
    pub status: TaskStatus,
    /// The scope its token is in.
    pub scope: u32,
    /// Who has it, or did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was given to its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned: Option<Timestamp>,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// The task it comes from; none for a start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<u32>,
    /// The join it went into, where that was there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<u32>,
    /// Its seed, encoded; null when there is none.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub seed: Value,
    /// Its artifact, encoded; null when there is none.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub artifact: Value,
    /// The document its struct is laid over.
    #[serde(default, skip_serializing_if = "Document::is_empty")]
    pub data: Document,
}

/// Which scope: its process and its number within it; 0 is the process itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ScopeId {
    /// The process.
    pub process: ProcessId,
    /// The number within the process.
    pub number: u32,
}

/// An open scope: what a split opened and a join will close, or the whole process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScopeRecord {
    /// The scope around it; none for the process itself.
    pub parent: Option<u32>,
    /// The stored name and the task of the split that opened it; none for the process itself.
    pub split: Option<(String, u32)>,
    /// How many tokens and inner scopes in it are not done. Tokens that wait at its join do not count.
    pub live: u64,
    /// The task at its join, once a token has arrived there.
    pub join: Option<u32>,
}

/// A row of a table as it is stored. It carries its own index entries and references, so that a store can find and
/// delete rows without knowing their Rust type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RowRecord {
    /// The fields.
    pub data: Document,
    /// Under what it can be found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub index: Vec<IndexEntry>,
    /// Which rows it refers to. Here `table` and `id` are those of the other row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
}

impl RowRecord {
    /// Its unique values, as field and key.
    pub fn unique_keys(&self) -> impl Iterator<Item = (&str, Vec<u8>)> {
        let unique = self.index.iter().filter(|entry| entry.unique);
        unique.filter_map(|entry| Some((entry.field.as_str(), super::index_key(&entry.value)?)))
    }

    /// Whether the row is found under this key of an indexed field.
    pub fn has(&self, field: &str, key: &[u8]) -> bool {
        self.index.iter().any(|entry| entry.field == field && super::index_key(&entry.value).as_deref() == Some(key))
    }
}

/// One value under which a row can be found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// The indexed field.
    pub field: String,
    /// The value.
    pub value: Value,
    /// Whether no other row may have it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
}

/// A reference between two rows, seen from one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The table of the row at the other end.
    pub table: String,
    /// The number of the row at the other end.
    pub id: u64,
    /// The field that refers.
    pub field: String,
    /// What happens to the referring row when the other is deleted.
    pub on_delete: OnDelete,
}

/// Something that happened in a process. It is written in the step in which it happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// In which process.
    pub process: ProcessId,
    /// Its number within the process, counting up from 1.
    pub number: u32,
    /// When.
    pub at: Timestamp,
    /// Who did it, when it was a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<UserId>,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum What {
    /// The process was started.
    ProcessStarted,
    /// The last token came to its end.
    ProcessFinished,
    /// A token arrived at a node.
    TaskCreated {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
    },
    /// A task was given to a person.
    TaskAssigned {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// To whom.
        owner: UserId,
    },
    /// A task was given back.
    TaskUnassigned {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
    },
    /// A task was done.
    TaskFinished {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
    },
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProcessStarted => f.write_str("process started"),
            Self::ProcessFinished => f.write_str("process finished"),
            Self::TaskCreated { node, .. } => write!(f, "{node} created"),
            Self::TaskAssigned { node, owner, .. } => write!(f, "{node} assigned to {owner}"),
            Self::TaskUnassigned { node, .. } => write!(f, "{node} unassigned"),
            Self::TaskFinished { node, .. } => write!(f, "{node} finished"),
        }
    }
}

mod kind_by_name {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use viewflow_graph::Kind;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    pub(super) fn serialize<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
        let name = String::deserialize(deserializer)?;
        Kind::from_name(&name).ok_or_else(|| D::Error::custom(format!("`{name}` is no kind of node")))
    }
}
