//! Tasks as they are stored.

use std::fmt;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use viewflow_graph::Kind;

use super::declare::record;
use super::{Document, NotAStatus, Way, is_zero};
use crate::id::{TaskId, UserId};
use crate::people::Candidate;
use crate::time::Timestamp;

/// The status of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TaskStatus {
    /// It waits, and no person has it.
    New,
    /// It waits for the person that has it.
    Assigned,
    /// It waits for its time: a timer, or a job that no worker has.
    Scheduled,
    /// It is at work. That is a job that a worker has, a split whose branches run, a join that waits for them, or a
    /// sub-process whose children run.
    Started,
    /// It is done.
    Done,
    /// It was canceled.
    Canceled,
    /// It failed, and waits until a person retries, revives or cancels it. Its process stays open.
    Error,
    /// It was canceled, failed or undone, and was made again as a new task.
    Revived,
}

impl TaskStatus {
    /// All statuses.
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

    /// Returns whether nothing more happens to the task.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Canceled | Self::Revived)
    }
}

/// Reads the text that `Display` writes.
impl FromStr for TaskStatus {
    type Err = NotAStatus;

    fn from_str(text: &str) -> Result<Self, NotAStatus> {
        let known = Self::ALL.into_iter().find(|status| status.to_string() == text);
        known.ok_or_else(|| NotAStatus::of(text, &Self::ALL))
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

record! {
    /// A task as it is stored.
    #[derive(Clone, Debug, PartialEq)]
    pub struct TaskRecord {
        /// The task's id.
        pub id: TaskId,
        /// The stored name of its flow.
        pub flow: String,
        /// The stored name of its node.
        pub node: String,
        /// The kind of its node.
        pub kind: Kind as ByName,
        /// Its status.
        pub status: TaskStatus,
        /// The scope of its token.
        pub scope: u32,
        /// The person that has it, or did it.
        pub owner: Option<UserId> = default,
        /// The person that delegated it to its owner.
        pub delegated_by: Option<UserId> = default,
        /// The people who had the task and have it no longer, each of them once: it was given back, or another person
        /// got it.
        pub had: Vec<UserId> = default,
        /// Whether the flow gave it to its owner, or a manager gave it to a person outside the candidates.
        /// Such a person keeps it, while a person who took it has to be a candidate to this day.
        /// Of a delegated task, it describes the person in whose place it is done.
        pub given: bool = default,
        /// Whether its only candidate is the person to whom the flow gave it, because the flow names no candidates.
        /// Given back, it is for that person alone, unless a manager gives it to another person.
        pub reserved: bool = default,
        /// The candidates that may take it. If there are none, anybody may.
        pub candidates: Vec<Candidate> = default,
        /// The people that may not have it, even if they are candidates: as `#[not_by(..)]` says.
        pub barred: Vec<UserId> = default,
        /// The time by which it should be done.
        pub due_date: Option<Timestamp> = default,
        /// How urgent it is: a greater number is more urgent.
        pub priority: Option<i32> = default,
        /// The time when its people want to look at it again.
        pub follow_up: Option<Timestamp> = default,
        /// The time when it was made.
        pub created: Timestamp,
        /// The time when it was given to its owner.
        pub assigned: Option<Timestamp> = default,
        /// The time when it was done.
        pub finished: Option<Timestamp> = default,
        /// The task from which it comes; none for a start.
        pub previous: Option<u32> = default,
        /// The join into which it went, if the join's task already existed.
        pub joined: Option<u32> = default,
        /// The scope it opened, if it is a split, or closes, if it is a join.
        pub around: Option<u32> = default,
        /// The time when the engine has to look at it again. Then its time has come, a job may run, or the worker that
        /// has it is overdue.
        pub due: Option<Timestamp> = default,
        /// Its timeouts that have not fired.
        pub timeouts: Vec<Timeout> = default,
        /// The event for which it waits.
        pub waits_for: Option<WaitsFor> = default,
        /// The state of the job, if it is one.
        pub job: Option<JobState> = default,
        /// How many of its children are open, if it is a sub-process.
        pub children: u32 = default,
        /// The error with which it failed.
        pub error: Option<TaskError> = default,
        /// Whether it failed before any person got it, so that `on_create` and `assign` are still to be called.
        pub unprepared: bool = default,
        /// Whether its token left by a timeout or an error, so that the task no longer has it.
        pub left: bool = default,
        /// Whether it is in the list of its scope while it is open.
        pub listed: bool = default,
        /// The message that it took and could not handle. For a signal that it heard while its process was suspended,
        /// an empty message.
        pub message: Option<Document> = default,
        /// Whether its work was undone by its compensation.
        pub compensated: bool = default,
        /// Whether its process is suspended. Meanwhile it waits for nothing, is unassigned, and is in no list for
        /// either.
        pub suspended: bool = default,
        /// Whether it still has to look at what happened while its process was suspended. The engine looks at it at
        /// once.
        pub catch_up: bool = default,
        /// The values that its owner has filled in so far.
        pub draft: Option<Document> = default,
        /// Whether a person skipped it: it is done, and its node has done nothing.
        pub skipped: bool = default,
        /// Whether it was taken back, because a person went back to it or to a node before it. It no longer has a
        /// token.
        pub undone: bool = default,
        /// The place of its end among the events of its process: the number of the last event that says that it was
        /// done. It is 0 if it was never done, or was done under an earlier release.
        pub place: u32 = default,
        /// The number of tasks on the way to it, itself included, since the last task with a `way`.
        pub steps: u32 = default,
        /// A summary of the way to it. Only some tasks have one.
        pub way: Option<Box<Way>> = default,
        /// The number of the last event about it among the events of its process: a tag that changes with each of them.
        /// 0 if nothing has happened to it since an earlier release, which noted no number.
        pub event: u32 = default,
        /// The decision of its owner: the stored name of the case that was chosen.
        pub decision: Option<String> = default,
        /// Its seed, encoded; null if there is none.
        pub seed: Value = default,
        /// Its artifact, encoded; null if there is none.
        pub artifact: Value = default,
        /// The document over which its struct is laid.
        pub data: Document = default,
    }
}

impl TaskRecord {
    /// Returns the person in whose place it is done, if it is not the person that has it.
    pub fn principal(&self) -> Option<&UserId> {
        self.delegated_by.as_ref().filter(|by| self.owner.as_ref() != Some(by))
    }

    /// Returns the person that did it, and the person that delegated it.
    pub fn doers(&self) -> impl Iterator<Item = &UserId> {
        self.owner.iter().chain(&self.delegated_by)
    }

    /// The people who take or took part in it: those who have it, or did it, and those who had it.
    pub fn people(&self) -> impl Iterator<Item = &UserId> {
        self.doers().chain(&self.had)
    }

    /// Gives the task to a person, or to nobody. The person may do it in the place of another. Those who have it no
    /// longer are noted in `had`.
    pub fn pass_to(&mut self, owner: Option<UserId>, delegated_by: Option<UserId>) {
        let before =
            [std::mem::replace(&mut self.owner, owner), std::mem::replace(&mut self.delegated_by, delegated_by)];
        for person in before.into_iter().flatten() {
            if !self.had.contains(&person) {
                self.had.push(person);
            }
        }
        let now = [&self.owner, &self.delegated_by];
        self.had.retain(|person| !now.into_iter().flatten().any(|has| has == person));
    }

    /// Whether it stands among the tasks of its node that are past: [`TaskList::Past`](crate::store::TaskList::Past).
    pub fn is_past(&self) -> bool {
        self.kind.has_children() || (self.status == TaskStatus::Done && self.kind.acts())
    }

    /// Makes a task that has just been made, without data.
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
            had: Vec::new(),
            given: false,
            reserved: false,
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
            catch_up: false,
            draft: None,
            skipped: false,
            undone: false,
            place: 0,
            steps: 0,
            way: None,
            event: 0,
            decision: None,
            seed: Value::Null,
            artifact: Value::Null,
            data: Document::new(),
            unknown: Document::new(),
        }
    }
}

/// An armed timeout of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeout {
    /// The stored name of the node to which it leads.
    pub then: String,
    /// The time when it fires.
    pub at: Timestamp,
}

/// An event for which a task waits.
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
        /// The tables that it read in its last evaluation.
        tables: Vec<String>,
        /// The parts that it read. There are none if an earlier release evaluated it, which noted only the tables.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reads: Option<Reads>,
    },
}

/// The parts that a condition read in its last evaluation. It is evaluated again when one of them has changed, or the
/// data of its process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reads {
    /// The parts of tables that it read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watched: Vec<Watched>,
    /// Whether it read something that is not noted, such as tasks of its process or the time. Then each step of its
    /// process evaluates it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub steps: bool,
}

/// A part of a table that a condition has read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Watched {
    /// The table.
    pub table: String,
    /// The part of the table.
    pub part: TablePart,
}

/// A part of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TablePart {
    /// All rows.
    All,
    /// The row with this number.
    Row(u64),
    /// The rows under a key of an indexed field, given by a hash of both.
    Key(u64),
}

/// The state of a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobState {
    /// How often a worker has begun it. The number identifies the worker that has it.
    pub attempt: u32,
    /// How many of these attempts have failed, since it was scheduled or retried.
    #[serde(default)]
    pub failures: u32,
    /// The time from which on a worker may begin it, or take it over from the worker that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// How many workers were lost with it in a row.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost: u32,
    /// The time from which `at` and `until` were computed. If a clock shows an earlier time, it was set back since, and
    /// they mean nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The time when the current attempt runs out of time, if there is a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// The error of a failed task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskError {
    /// The code of the error, if it has one: `viewflow::Error::coded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The message of the error.
    pub message: String,
}

/// A kind of node, stored by its name.
struct ByName(Kind);

impl Serialize for ByName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for ByName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let kind = Kind::from_name(&name).ok_or_else(|| D::Error::custom(format!("`{name}` is no kind of node")))?;
        Ok(Self(kind))
    }
}
