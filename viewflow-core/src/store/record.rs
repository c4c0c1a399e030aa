//! The records a store keeps. All of them are JSON when they are stored.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::change::DataChange;
use crate::id::{ProcessId, TaskId, UserId};
use crate::people::Candidate;
use crate::time::Timestamp;
use viewflow_graph::Kind;

/// A JSON object: what the fields of processes, tasks and rows are kept in.
pub type Document = Map<String, Value>;

/// What is at a nested key.
pub(crate) fn follow<'d>(document: &'d Document, path: &[&str]) -> Option<&'d Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(document.get(*first)?, |value, key| value.get(*key))
}

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

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TaskStatus {
    /// Waits; nobody has it.
    New,
    /// Waits for the person who has it.
    Assigned,
    /// Waits for its time: a timer, or a job that no worker has.
    Scheduled,
    /// Is at work: a job that a worker has, a split whose branches run, a join that waits for them, a sub-process whose
    /// children run.
    Started,
    /// Is done.
    Done,
    /// Was taken away.
    Canceled,
    /// Failed, and waits for somebody to retry, revive or cancel it. Its process stays open.
    Error,
    /// Was canceled, failed or undone, and has been made again as another task.
    Revived,
}

impl TaskStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::New,
        Self::Assigned,
        Self::Scheduled,
        Self::Started,
        Self::Done,
        Self::Canceled,
        Self::Error,
        Self::Revived,
    ];

    /// Whether nothing more happens to it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Canceled | Self::Revived)
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

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Assigned => "assigned",
            Self::Scheduled => "scheduled",
            Self::Started => "started",
            Self::Done => "done",
            Self::Canceled => "canceled",
            Self::Error => "failed",
            Self::Revived => "revived",
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_zero(number: &u32) -> bool {
    *number == 0
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

/// A task as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is written where it holds, and of no weight elsewhere")]
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
    /// Who gave it to its owner to do in his place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated_by: Option<UserId>,
    /// Who may take it; anybody where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    /// Who may not have it, whoever may: as `#[not_by(..)]` says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub barred: Vec<UserId>,
    /// By when it should be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<Timestamp>,
    /// How urgent it is: the greater the more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// When somebody wants to look at it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<Timestamp>,
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
    /// The scope it opened, if it is a split, or closes, if it is a join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub around: Option<u32>,
    /// When the engine has to look at it again: a time came, a job may run, or the worker that has it is overdue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Its timeouts that have not fired.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeouts: Vec<Timeout>,
    /// What it waits to hear of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<WaitsFor>,
    /// How far it is, if it is a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobState>,
    /// How many of its children are open, if it is a sub-process.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub children: u32,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<TaskError>,
    /// Whether it failed before it was handed to anybody: `on_create` and `assign` are still to be called.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unprepared: bool,
    /// Whether its token left by a timeout or an error, and is not its own any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left: bool,
    /// Whether it stands in the list of its scope while it is open.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listed: bool,
    /// The message that it took and has not handled, as it failed over it. Of a signal that it heard while its process was
    /// suspended, an empty one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Document>,
    /// Whether what it did was undone by its compensation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compensated: bool,
    /// Whether its process is suspended: it waits for nothing and is nobody's meanwhile, and stands in none of their lists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
    /// What its owner filled in so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Document>,
    /// Whether somebody went on without it: it is done, and its node has done nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skipped: bool,
    /// Whether it was taken back, as somebody went back to it or to a node before it. Its token is not its own any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undone: bool,
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

impl TaskRecord {
    /// A task that has just been made, without data.
    pub fn new(id: TaskId, flow: impl Into<String>, node: impl Into<String>, kind: Kind, created: Timestamp) -> Self {
        Self {
            id,
            flow: flow.into(),
            node: node.into(),
            kind,
            status: TaskStatus::New,
            scope: 0,
            owner: None,
            delegated_by: None,
            candidates: Vec::new(),
            barred: Vec::new(),
            due_date: None,
            priority: None,
            follow_up: None,
            created,
            assigned: None,
            finished: None,
            previous: None,
            joined: None,
            around: None,
            due: None,
            timeouts: Vec::new(),
            waits_for: None,
            job: None,
            children: 0,
            error: None,
            unprepared: false,
            left: false,
            listed: false,
            message: None,
            compensated: false,
            suspended: false,
            draft: None,
            skipped: false,
            undone: false,
            seed: Value::Null,
            artifact: Value::Null,
            data: Document::new(),
        }
    }
}

/// A timeout of a task that is armed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeout {
    /// The stored name of the node it leads to.
    pub then: String,
    /// When it fires.
    pub at: Timestamp,
}

/// What a task waits to hear of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// A signal of this name.
    Signal(String),
    /// A message of this name with this correlation key.
    Message {
        /// The message's name.
        name: String,
        /// The correlation key, as JSON text.
        key: String,
    },
    /// A condition over its process, and over these tables.
    Condition {
        /// The tables that it read when it was last asked.
        tables: Vec<String>,
    },
}

/// How far a job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobState {
    /// How often a worker has begun it. The worker that has it is known by this number.
    pub attempt: u32,
    /// How many of these attempts have failed, since it was scheduled or retried.
    #[serde(default)]
    pub failures: u32,
    /// From when on a worker may begin it, or take it over from the one that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// How many workers were lost with it, one after the other.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost: u32,
    /// When the current attempt has run out of time, if it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Why a task failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskError {
    /// The code of the error, where it has one: [`Error::coded`](crate::Error::coded).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it said.
    pub message: String,
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScopeRecord {
    /// The scope around it; none for the process itself.
    pub parent: Option<u32>,
    /// The stored name and the task of the split that opened it; none for the process itself.
    pub split: Option<(String, u32)>,
    /// How many tokens and inner scopes in it are not done. Tokens that wait at its join do not count.
    pub live: u64,
    /// The task at its join, once a token has arrived there.
    pub join: Option<u32>,
    /// How many tokens have arrived at its join.
    #[serde(default)]
    pub arrived: u64,
    /// Whether the first token that moves on leaves it, and cancels the others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub first: bool,
    /// Whether what is open in it may have to be canceled at once, as the others were not waited for: then its tasks
    /// stand in a list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listed: bool,
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

/// What happens to a row when a row it refers to is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// The other row cannot be deleted.
    Protect,
    /// The field becomes none.
    SetNone,
    /// This row is deleted too.
    Cascade,
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
    /// Why, if that person said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What.
    pub what: What,
    /// What was changed in data by what happened, or in what led to it: before and after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<DataChange>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum What {
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
    /// The process goes on again.
    ProcessResumed,
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
    /// A task was given to a person to do in the place of who has it.
    TaskDelegated {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// To whom.
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
    },
    /// A worker began a job.
    TaskStarted {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// Which attempt it is, counting from 1.
        attempt: u32,
    },
    /// An attempt at a job failed, and another one follows.
    TaskDelayed {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// When it may begin again.
        until: Timestamp,
        /// What the attempt failed with.
        error: String,
    },
    /// A task failed.
    TaskFailed {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// Why.
        error: String,
    },
    /// Somebody had a failed task tried again.
    TaskRetried {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
    },
    /// A task was taken away.
    TaskCanceled {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
    },
    /// A task was made again as another one.
    TaskRevived {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// The task that stands for it now.
        by: u32,
    },
    /// What a task had done was taken back.
    TaskUndone {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
    },
    /// A split or join that had ended waits again, as somebody went back to a node between them.
    TaskReopened {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
    },
    /// Somebody went on without a task.
    TaskSkipped {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
    },
    /// A task was let go on at another node.
    TaskMoved {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// The other node.
        to: String,
        /// The task that stands for it now; none at a join.
        by: Option<u32>,
    },
    /// A timeout, error or escalation of a task was taken.
    BoundaryTaken {
        /// The task.
        task: u32,
        /// Its node.
        node: String,
        /// The node it leads to.
        then: String,
    },
}

impl What {
    /// The task that it is about, if it is about one.
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

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProcessStarted => f.write_str("process started"),
            Self::ProcessFinished => f.write_str("process finished"),
            Self::TaskCreated { node, .. } => write!(f, "{node} created"),
            Self::TaskAssigned { node, owner, .. } => write!(f, "{node} assigned to {owner}"),
            Self::TaskDelegated { node, to, .. } => write!(f, "{node} delegated to {to}"),
            Self::TaskRescheduled { node, .. } => write!(f, "{node} rescheduled"),
            Self::TaskUnassigned { node, .. } => write!(f, "{node} unassigned"),
            Self::TaskFinished { node, .. } => write!(f, "{node} finished"),
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
