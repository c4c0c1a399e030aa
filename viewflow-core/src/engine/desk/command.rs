//! Commands of a person on a task or a process, as data.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use viewflow_store::{Document, ProcessId, TaskId, Timestamp, UserId};

use crate::lifecycle::Action;

/// A command of a person on a task, as data: `{"action": "reassign", "to": "bob"}`.
///
/// The names are those of [`Action`], in lower case with underscores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum TaskCommand {
    /// Takes the task.
    Assign,
    /// Gives the task back.
    Unassign,
    /// Gives the task to another person, for good.
    Reassign {
        /// To whom.
        to: UserId,
    },
    /// Has another person do the task in the owner's place.
    Delegate {
        /// By whom.
        to: UserId,
    },
    /// Keeps what was filled in so far, unchecked.
    Draft {
        /// What was filled in.
        form: Document,
    },
    /// Does the task.
    Execute {
        /// The input: a field that is left out stays as it was stored or drafted, and `null` empties a field.
        #[serde(default)]
        form: Document,
    },
    /// Sets by when the task should be done; none takes the date away.
    SetDueDate {
        /// The date.
        at: Option<Timestamp>,
    },
    /// Sets how urgent the task is: the greater, the more urgent.
    SetPriority {
        /// The priority; none takes it away.
        priority: Option<i32>,
    },
    /// Sets when the owner wants to look at the task again.
    SetFollowUp {
        /// The date; none takes it away.
        at: Option<Timestamp>,
    },
    /// Does a task that waits for code, with its input.
    Run {
        /// The input: the fields of its form.
        #[serde(default)]
        input: Document,
    },
    /// Adds a child to a sub-process that has begun.
    AddChild {
        /// The seed of the child, encoded; none for a flow without a seed.
        #[serde(default)]
        seed: Value,
        /// The fields of the child's process.
        #[serde(default)]
        data: Document,
    },
    /// Takes the task away.
    CancelTask,
    /// Tries a failed task again.
    Retry,
    /// Makes a canceled or failed task again.
    Revive,
    /// Lets the task go on at another node of its flow.
    Move {
        /// The stored name of the node.
        to: String,
    },
    /// Goes on without the task.
    Skip,
    /// Takes back what the task has done.
    Undo,
    /// Takes back everything done since the task, and has the task done again.
    GoBack,
}

/// A command of a person on a process, as data: `{"action": "suspend"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ProcessCommand {
    /// Ends the process.
    Cancel,
    /// Takes back what was done since a node was done last.
    GoBack {
        /// The stored name of the node.
        node: String,
    },
    /// Stops the process until it is resumed.
    Suspend,
    /// Lets a suspended process go on.
    Resume,
}

/// What an action came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Acted {
    /// The task that is open now in place of the one that was acted on: after a retry, a revival, or a step back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// The process that was begun: by a start, or as a child.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessId>,
    /// The tag that the task has now, for [`Desk::seen`](crate::Desk::seen): of `task`, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<u32>,
}

impl TaskCommand {
    /// The action that the gate is asked for.
    pub fn action(&self) -> Action {
        match self {
            Self::Assign => Action::Assign,
            Self::Unassign => Action::Unassign,
            Self::Reassign { .. } => Action::Reassign,
            Self::Delegate { .. } => Action::Delegate,
            Self::Draft { .. } => Action::Draft,
            Self::Execute { .. } => Action::Execute,
            Self::SetDueDate { .. } | Self::SetPriority { .. } | Self::SetFollowUp { .. } => Action::Reschedule,
            Self::Run { .. } => Action::Run,
            Self::AddChild { .. } => Action::AddChild,
            Self::CancelTask => Action::CancelTask,
            Self::Retry => Action::Retry,
            Self::Revive => Action::Revive,
            Self::Move { .. } => Action::Move,
            Self::Skip => Action::Skip,
            Self::Undo => Action::Undo,
            Self::GoBack => Action::GoBack,
        }
    }
}

impl ProcessCommand {
    /// The action that the gate is asked for.
    pub fn action(&self) -> Action {
        match self {
            Self::Cancel => Action::Cancel,
            Self::GoBack { .. } => Action::GoBack,
            Self::Suspend => Action::Suspend,
            Self::Resume => Action::Resume,
        }
    }
}
