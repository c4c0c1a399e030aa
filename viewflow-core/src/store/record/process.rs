//! Processes as they are stored.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Document, is_zero};
use crate::id::{ProcessId, TaskId};
use crate::time::Timestamp;

/// How far a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ProcessStatus {
    /// Some task is open.
    New,
    /// All its tokens came to an end.
    Done,
    /// It was canceled, or all that was open in it.
    Canceled,
    /// It came to an `ErrorEnd`.
    Failed,
    /// It stands still until it is resumed.
    Suspended,
}

impl ProcessStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::New, Self::Done, Self::Canceled, Self::Failed, Self::Suspended];

    /// Whether nothing more happens in it.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::New | Self::Suspended)
    }
}

impl fmt::Display for ProcessStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Done => "done",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
            Self::Suspended => "suspended",
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
    /// The fingerprint of the flow with which it was started: [`lock::Flow::fingerprint`](crate::graph::lock::Flow::fingerprint).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub shape: String,
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
    /// The task it is a sub-process of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<TaskId>,
    /// Why it failed: the code of its `ErrorEnd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How many tasks it has had.
    pub tasks: u32,
    /// How many scopes it has had.
    pub scopes: u32,
    /// How many events it has had.
    pub events: u32,
    /// How many tokens have come to an end of their own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ends: u32,
    /// How many of its tasks wait for a condition.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub conditions: u32,
}

impl ProcessRecord {
    /// A process that has just begun, without data.
    pub fn new(id: ProcessId, flow: impl Into<String>, created: Timestamp) -> Self {
        Self {
            id,
            flow: flow.into(),
            status: ProcessStatus::New,
            created,
            shape: String::new(),
            finished: None,
            seed: Value::Null,
            artifact: Value::Null,
            data: Document::new(),
            parent: None,
            error: None,
            tasks: 0,
            scopes: 0,
            events: 0,
            ends: 0,
            conditions: 0,
        }
    }
}
