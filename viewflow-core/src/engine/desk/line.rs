//! A task, a process and a start in a line, as lists show them.

use serde::Serialize;
use viewflow_graph::Kind;
use viewflow_store::{
    ProcessId, ProcessRecord, ProcessStatus, TaskError, TaskId, TaskRecord, TaskStatus, Timestamp, UserId,
};

use super::Desk;
use super::spelled::{some_time, text, time};

/// A task as a list shows it.
///
/// As JSON, times are RFC 3339 text, and values that do not exist are left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TaskLine {
    /// Which task.
    pub id: TaskId,
    /// The stored name of its flow.
    pub flow: String,
    /// The stored name of its node.
    pub node: String,
    /// The title of its flow; where that is not known here, its name.
    pub flow_title: String,
    /// The title of its node; where that is not known here, its name.
    pub title: String,
    /// The kind of its node.
    pub kind: Kind,
    /// How far it is.
    #[serde(serialize_with = "text")]
    pub status: TaskStatus,
    /// Its tag, which changes with everything that happens to it: what [`Desk::seen`] takes.
    pub tag: u32,
    /// The person who has it, or did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// The person in whose place the owner does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delegated_by: Option<UserId>,
    /// By when it should be done.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_time")]
    pub due_date: Option<Timestamp>,
    /// How urgent it is: the greater, the more urgent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// When the owner wants to look at it again.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_time")]
    pub follow_up: Option<Timestamp>,
    /// When it was made.
    #[serde(serialize_with = "time")]
    pub created: Timestamp,
    /// When it was given to its owner.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_time")]
    pub assigned: Option<Timestamp>,
    /// When it was done.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_time")]
    pub finished: Option<Timestamp>,
    /// Whether its process is suspended.
    pub suspended: bool,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<TaskError>,
    /// The decision of its owner: the stored name of the case that was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
}

/// A process as a list shows it.
///
/// As JSON, times are RFC 3339 text, and values that do not exist are left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProcessLine {
    /// Which process.
    pub id: ProcessId,
    /// The stored name of its flow.
    pub flow: String,
    /// The title of its flow; where that is not known here, its name.
    pub title: String,
    /// How far it is.
    #[serde(serialize_with = "text")]
    pub status: ProcessStatus,
    /// When it was started.
    #[serde(serialize_with = "time")]
    pub created: Timestamp,
    /// When it was finished.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_time")]
    pub finished: Option<Timestamp>,
    /// The person who started it; of a sub-process, the person whose step made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_by: Option<UserId>,
    /// The task that it is a sub-process of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<TaskId>,
    /// The stored name of the end that its last token came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The title of that end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_title: Option<String>,
    /// Why it failed: the code of its `ErrorEnd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A start that a person may use, or for which they keep a draft.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StartLine {
    /// The stored name of its flow.
    pub flow: String,
    /// The stored name of its node.
    pub node: String,
    /// The title of its flow; where that is not known here, its name.
    pub flow_title: String,
    /// The title of its node; where that is not known here, its name.
    pub title: String,
    /// When this person's draft was kept last. [`Desk::starts`] leaves it out.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_time")]
    pub drafted: Option<Timestamp>,
}

impl Desk<'_> {
    pub(super) fn task_line(&self, task: TaskRecord) -> TaskLine {
        let (flow_title, title) = self.titles(&task.flow, &task.node);
        let delegated_by = task.principal().cloned();
        TaskLine {
            id: task.id,
            flow: task.flow,
            node: task.node,
            flow_title,
            title,
            kind: task.kind,
            status: task.status,
            tag: task.event,
            delegated_by,
            owner: task.owner,
            due_date: task.due_date,
            priority: task.priority,
            follow_up: task.follow_up,
            created: task.created,
            assigned: task.assigned,
            finished: task.finished,
            suspended: task.suspended,
            error: task.error,
            decision: task.decision,
        }
    }

    pub(super) fn process_line(&self, process: ProcessRecord) -> ProcessLine {
        let title = self.titles(&process.flow, "").0;
        let outcome_title = process.outcome.as_ref().map(|end| self.titles(&process.flow, end).1);
        ProcessLine {
            id: process.id,
            flow: process.flow,
            title,
            status: process.status,
            created: process.created,
            finished: process.finished,
            started_by: process.started_by,
            parent: process.parent,
            outcome: process.outcome,
            outcome_title,
            error: process.error,
        }
    }
}
