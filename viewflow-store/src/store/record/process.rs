//! Processes as they are stored.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Document;
use super::declare::record;
use crate::id::{ProcessId, TaskId, UserId};
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

record! {
    /// A process as it is stored, but for its data. Whatever changes in a process changes this record.
    #[derive(Clone, Debug, PartialEq)]
    pub struct ProcessRecord {
        /// Which process.
        pub id: ProcessId,
        /// The stored name of its flow.
        pub flow: String,
        /// How far it is.
        pub status: ProcessStatus,
        /// When it was started.
        pub created: Timestamp,
        /// The fingerprint of the flow with which it was started: [`lock::Flow::fingerprint`](viewflow_graph::lock::Flow::fingerprint).
        pub shape: String = default,
        /// When it was finished.
        pub finished: Option<Timestamp> = default,
        /// Who started it, when it was a person. Of a sub-process: who did the step that made it.
        pub started_by: Option<UserId> = default,
        /// The task it is a sub-process of.
        pub parent: Option<TaskId> = default,
        /// Why it failed: the code of its `ErrorEnd`.
        pub error: Option<String> = default,
        /// The stored name of the end that its last token came to; none while it runs, and when it was canceled.
        pub outcome: Option<String> = default,
        /// How many tasks it has had.
        pub tasks: u32,
        /// How many scopes it has had.
        pub scopes: u32,
        /// How many events it has had.
        pub events: u32,
        /// How many tokens have come to an end of their own.
        pub ends: u32 = default,
        /// How many of its tasks wait for a condition.
        pub conditions: u32 = default,
        /// The ordinal of the task at the end that a token came to last; 0 where it is not known, and in a process that is over.
        pub last_end: u32 = default,
        /// The highest ordinal that there was when a task was done that was not the newest; 0 where there was none, and in a process that is over.
        pub crossed: u32 = default,
        /// The stored names of the nodes that have had tasks, in order, a line each; none in a process that an earlier release began.
        pub nodes: String = default,
    }

    /// The data of a process as it is stored: a record of its own, so that what does not touch it need not read it. The revision
    /// of the process vouches for it.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub struct ProcessData {
        /// The seed, encoded; null when there is none.
        pub seed: Value = default,
        /// The artifact, encoded; null when there is none.
        pub artifact: Value = default,
        /// The document that proxies are laid over.
        pub data: Document = default,
    }
}

impl ProcessRecord {
    /// Notes that a node has a task, before that counts.
    pub fn note_node(&mut self, node: &str) {
        let known = self.tasks == 0 || !self.nodes.is_empty();
        if known && self.nodes.lines().all(|noted| noted != node) {
            self.nodes.push_str(node);
            self.nodes.push('\n');
        }
    }

    /// A process that has just begun.
    pub fn new(id: ProcessId, flow: impl Into<String>, created: Timestamp) -> Self {
        Self {
            id,
            flow: flow.into(),
            status: ProcessStatus::New,
            created,
            shape: String::new(),
            finished: None,
            started_by: None,
            parent: None,
            error: None,
            outcome: None,
            tasks: 0,
            scopes: 0,
            events: 0,
            ends: 0,
            conditions: 0,
            last_end: 0,
            crossed: 0,
            nodes: String::new(),
            unknown: Document::new(),
        }
    }
}

/// A process with its data.
#[derive(Clone, Debug, PartialEq)]
pub struct WholeProcess {
    /// The process.
    pub record: ProcessRecord,
    /// Its seed, encoded; null when there is none.
    pub seed: Value,
    /// Its artifact, encoded; null when there is none.
    pub artifact: Value,
    /// The document that its proxies are laid over, with its columns.
    pub data: Document,
}

impl Deref for WholeProcess {
    type Target = ProcessRecord;

    fn deref(&self) -> &ProcessRecord {
        &self.record
    }
}
