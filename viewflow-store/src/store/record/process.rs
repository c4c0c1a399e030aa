//! Processes as they are stored.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::declare::record;
use super::{Document, NotAStatus};
use crate::id::{ProcessId, TaskId, UserId};
use crate::time::Timestamp;

/// The status of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ProcessStatus {
    /// Some task is open.
    New,
    /// All its tokens came to an end.
    Done,
    /// It was canceled, or everything open in it was.
    Canceled,
    /// It came to an `ErrorEnd`.
    Failed,
    /// It is suspended until it is resumed.
    Suspended,
}

impl ProcessStatus {
    /// All statuses.
    pub const ALL: [Self; 5] = [Self::New, Self::Done, Self::Canceled, Self::Failed, Self::Suspended];

    /// Returns whether nothing more happens in the process.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::New | Self::Suspended)
    }
}

/// Reads the text that `Display` writes.
impl FromStr for ProcessStatus {
    type Err = NotAStatus;

    fn from_str(text: &str) -> Result<Self, NotAStatus> {
        let known = Self::ALL.into_iter().find(|status| status.to_string() == text);
        known.ok_or_else(|| NotAStatus::of(text, &Self::ALL))
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
    /// A process as it is stored, without its data. Each change in a process changes this record.
    #[derive(Clone, Debug, PartialEq)]
    pub struct ProcessRecord {
        /// The number of the process.
        pub id: ProcessId,
        /// The stored name of its flow.
        pub flow: String,
        /// Its status.
        pub status: ProcessStatus,
        /// The time when it was started.
        pub created: Timestamp,
        /// The fingerprint of the flow with which it was started: [`viewflow_graph::lock::Flow::fingerprint`].
        pub shape: String = default,
        /// The time when it was finished.
        pub finished: Option<Timestamp> = default,
        /// The person that started it, if it was a person. For a sub-process: the person that did the step that made
        /// it.
        pub started_by: Option<UserId> = default,
        /// The task whose sub-process it is.
        pub parent: Option<TaskId> = default,
        /// The code of the `ErrorEnd` at which it failed.
        pub error: Option<String> = default,
        /// The outcome of the end that its last token came to, as its flow names it; else the stored name of that end.
        /// None while it runs, and if it was canceled.
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
        /// The ordinal of the task at the end that a token came to last. It is 0 if that is not known, and in a process
        /// that is over.
        pub last_end: u32 = default,
        /// The highest ordinal in use when a task was done that was not the newest. It is 0 if there was no such task,
        /// and in a process that is over.
        pub crossed: u32 = default,
        /// The stored names of the nodes that have had tasks, in order, one name a line. It is empty in a process that
        /// an earlier release began.
        pub nodes: String = default,
    }

    /// The data of a process as it is stored. It is a record of its own, so that code that does not need it does not
    /// read it. The revision of the process covers it.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub struct ProcessData {
        /// The seed, encoded; null if there is none.
        pub seed: Value = default,
        /// The artifact, encoded; null if there is none.
        pub artifact: Value = default,
        /// The document over which proxies are laid.
        pub data: Document = default,
    }
}

impl ProcessRecord {
    /// Notes that a node gets a task. Call it before the task is counted.
    pub fn note_node(&mut self, node: &str) {
        let known = self.tasks == 0 || !self.nodes.is_empty();
        if known && self.nodes.lines().all(|noted| noted != node) {
            self.nodes.push_str(node);
            self.nodes.push('\n');
        }
    }

    /// Makes a process that has just begun.
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
    /// Its seed, encoded; null if there is none.
    pub seed: Value,
    /// Its artifact, encoded; null if there is none.
    pub artifact: Value,
    /// The document over which its proxies are laid, with its columns.
    pub data: Document,
}

impl Deref for WholeProcess {
    type Target = ProcessRecord;

    fn deref(&self) -> &ProcessRecord {
        &self.record
    }
}
