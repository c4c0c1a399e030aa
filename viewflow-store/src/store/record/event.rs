//! Events as they are stored.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Document;
use super::declare::record;
use crate::id::{ProcessId, UserId};
use crate::store::data_change::DataChange;
use crate::time::Timestamp;

record! {
    /// Something that happened in a process. It is written in the step in which it happened.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Event {
        /// The process in which it happened.
        pub process: ProcessId,
        /// Its number within the process, counting up from 1.
        pub number: u32,
        /// The time when it happened.
        pub at: Timestamp,
        /// The person that did it, if it was a person.
        pub actor: Option<UserId> = default,
        /// The person in whose place that person did it: the person that delegated the task that it is about.
        pub on_behalf_of: Option<UserId> = default,
        /// The reason that the person gave.
        pub reason: Option<String> = default,
        /// What happened.
        #[stored = "what"]
        pub kind: EventKind,
        /// The changes of data that belong to it, before and after.
        pub changes: Vec<DataChange> = default,
    }
}

impl Event {
    /// Makes an event without a person, and without changes of data.
    pub fn new(process: ProcessId, number: u32, at: Timestamp, kind: EventKind) -> Self {
        Self {
            process,
            number,
            at,
            actor: None,
            on_behalf_of: None,
            reason: None,
            kind,
            changes: Vec::new(),
            unknown: Document::new(),
        }
    }
}

/// A kind of event: what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum EventKind {
    /// The process was started.
    ProcessStarted,
    /// The last token came to its end.
    ProcessFinished,
    /// The process was canceled.
    ProcessCanceled,
    /// The process came to an `ErrorEnd`.
    ProcessFailed {
        /// The code of the error.
        code: String,
    },
    /// The process was suspended.
    ProcessSuspended,
    /// The process was resumed.
    ProcessResumed,
    /// A token arrived at a node.
    TaskCreated {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
    },
    /// A person got a task.
    TaskAssigned {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// The person.
        owner: UserId,
    },
    /// A person got a task to do in the place of its owner.
    TaskDelegated {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// The person.
        to: UserId,
    },
    /// The due date, the priority or the follow-up date of a task was set.
    TaskRescheduled {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
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
        /// The decision of the person that did it: the name of the chosen case.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decision: Option<String>,
    },
    /// A worker began a job.
    TaskStarted {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// The number of the attempt, counted from 1.
        attempt: u32,
    },
    /// An attempt at a job failed, and another attempt follows.
    TaskDelayed {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// The time when it may begin again.
        until: Timestamp,
        /// The error with which the attempt failed.
        error: String,
    },
    /// A task failed.
    TaskFailed {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// The error.
        error: String,
    },
    /// A person tried a failed task again.
    TaskRetried {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
    },
    /// A task was canceled.
    TaskCanceled {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
    },
    /// A task was made again, as a new task.
    TaskRevived {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// The new task.
        by: u32,
    },
    /// The work of a task was taken back.
    TaskUndone {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
    },
    /// A split or join that was done waits again, because a person went back to a node between them.
    TaskReopened {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
    },
    /// A person skipped a task.
    TaskSkipped {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
    },
    /// A task was moved to another node.
    TaskMoved {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// The other node.
        to: String,
        /// The new task; none at a join.
        by: Option<u32>,
    },
    /// The edge for a timeout, error or escalation of a task was taken.
    BoundaryTaken {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// The node to which it leads.
        then: String,
    },
}

impl EventKind {
    /// Returns the task that it is about, if it is about a task.
    pub fn task(&self) -> Option<u32> {
        match self {
            Self::ProcessStarted
            | Self::ProcessFinished
            | Self::ProcessCanceled
            | Self::ProcessFailed { .. }
            | Self::ProcessSuspended
            | Self::ProcessResumed => None,
            Self::TaskCreated { task, .. }
            | Self::TaskAssigned { task, .. }
            | Self::TaskDelegated { task, .. }
            | Self::TaskRescheduled { task, .. }
            | Self::TaskUnassigned { task, .. }
            | Self::TaskFinished { task, .. }
            | Self::TaskStarted { task, .. }
            | Self::TaskDelayed { task, .. }
            | Self::TaskFailed { task, .. }
            | Self::TaskRetried { task, .. }
            | Self::TaskCanceled { task, .. }
            | Self::TaskRevived { task, .. }
            | Self::TaskUndone { task, .. }
            | Self::TaskReopened { task, .. }
            | Self::TaskSkipped { task, .. }
            | Self::TaskMoved { task, .. }
            | Self::BoundaryTaken { task, .. } => Some(*task),
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProcessStarted => f.write_str("process started"),
            Self::ProcessFinished => f.write_str("process finished"),
            Self::TaskCreated { node, .. } => write!(f, "{node} created"),
            Self::TaskAssigned { node, owner, .. } => write!(f, "{node} assigned to {owner}"),
            Self::TaskDelegated { node, to, .. } => write!(f, "{node} delegated to {to}"),
            Self::TaskRescheduled { node, .. } => write!(f, "{node} rescheduled"),
            Self::TaskUnassigned { node, .. } => write!(f, "{node} unassigned"),
            Self::TaskFinished { node, decision: None, .. } => write!(f, "{node} finished"),
            Self::TaskFinished { node, decision: Some(decision), .. } => write!(f, "{node} finished: {decision}"),
            Self::ProcessSuspended => f.write_str("process suspended"),
            Self::ProcessResumed => f.write_str("process resumed"),
            Self::ProcessCanceled => f.write_str("process canceled"),
            Self::ProcessFailed { code } => write!(f, "process failed with `{code}`"),
            Self::TaskStarted { node, attempt, .. } => write!(f, "{node} started, attempt {attempt}"),
            Self::TaskDelayed { node, error, .. } => write!(f, "{node} will be tried again: {error}"),
            Self::TaskFailed { node, error, .. } => write!(f, "{node} failed: {error}"),
            Self::TaskRetried { node, .. } => write!(f, "{node} retried"),
            Self::TaskCanceled { node, .. } => write!(f, "{node} canceled"),
            Self::TaskRevived { node, .. } => write!(f, "{node} revived"),
            Self::TaskUndone { node, .. } => write!(f, "{node} undone"),
            Self::TaskReopened { node, .. } => write!(f, "{node} reopened"),
            Self::TaskSkipped { node, .. } => write!(f, "{node} skipped"),
            Self::TaskMoved { node, to, .. } => write!(f, "{node} moved to {to}"),
            Self::BoundaryTaken { node, then, .. } => write!(f, "{node} left for {then}"),
        }
    }
}
