//! Tasks as they are stored.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use viewflow_graph::Kind;

use super::declare::record;
use super::{Document, Way, is_zero};
use crate::id::{TaskId, UserId};
use crate::people::Candidate;
use crate::time::Timestamp;

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
        /// Which task.
        pub id: TaskId,
        /// The stored name of its flow.
        pub flow: String,
        /// The stored name of its node.
        pub node: String,
        /// The kind of its node.
        pub kind: Kind as ByName,
        /// How far it is.
        pub status: TaskStatus,
        /// The scope its token is in.
        pub scope: u32,
        /// Who has it, or did it.
        pub owner: Option<UserId> = default,
        /// Who gave it to its owner to do in his place.
        pub delegated_by: Option<UserId> = default,
        /// The people who had the task and have it no longer, each of them once: it was given back, or another person got it.
        pub had: Vec<UserId> = default,
        /// Whether the flow gave it to its owner, or a manager gave it to somebody who is no candidate: that person keeps it, while a person who
        /// took it has to be a candidate to this day. Of a task that is delegated it tells of the person in whose place it is done.
        pub given: bool = default,
        /// Whether its only candidate is the person to whom the flow gave it, as the flow names none: given back, it is for that person alone,
        /// unless a manager gives it to somebody else.
        pub reserved: bool = default,
        /// Who may take it; anybody where there are none.
        pub candidates: Vec<Candidate> = default,
        /// Who may not have it, whoever may: as `#[not_by(..)]` says.
        pub barred: Vec<UserId> = default,
        /// By when it should be done.
        pub due_date: Option<Timestamp> = default,
        /// How urgent it is: the greater the more.
        pub priority: Option<i32> = default,
        /// When somebody wants to look at it again.
        pub follow_up: Option<Timestamp> = default,
        /// When it was made.
        pub created: Timestamp,
        /// When it was given to its owner.
        pub assigned: Option<Timestamp> = default,
        /// When it was done.
        pub finished: Option<Timestamp> = default,
        /// The task it comes from; none for a start.
        pub previous: Option<u32> = default,
        /// The join it went into, where that was there already.
        pub joined: Option<u32> = default,
        /// The scope it opened, if it is a split, or closes, if it is a join.
        pub around: Option<u32> = default,
        /// When the engine has to look at it again: a time came, a job may run, or the worker that has it is overdue.
        pub due: Option<Timestamp> = default,
        /// Its timeouts that have not fired.
        pub timeouts: Vec<Timeout> = default,
        /// What it waits to hear of.
        pub waits_for: Option<WaitsFor> = default,
        /// How far it is, if it is a job.
        pub job: Option<JobState> = default,
        /// How many of its children are open, if it is a sub-process.
        pub children: u32 = default,
        /// Why it failed.
        pub error: Option<TaskError> = default,
        /// Whether it failed before it was handed to anybody: `on_create` and `assign` are still to be called.
        pub unprepared: bool = default,
        /// Whether its token left by a timeout or an error, and is not its own any more.
        pub left: bool = default,
        /// Whether it stands in the list of its scope while it is open.
        pub listed: bool = default,
        /// The message that it took and has not handled, as it failed over it. Of a signal that it heard while its process was
        /// suspended, an empty one.
        pub message: Option<Document> = default,
        /// Whether what it did was undone by its compensation.
        pub compensated: bool = default,
        /// Whether its process is suspended: it waits for nothing and is nobody's meanwhile, and stands in none of their lists.
        pub suspended: bool = default,
        /// Whether it has yet to look at what happened while its process was suspended. Whatever else is due, the engine looks at it at once.
        pub catch_up: bool = default,
        /// What its owner filled in so far.
        pub draft: Option<Document> = default,
        /// Whether somebody went on without it: it is done, and its node has done nothing.
        pub skipped: bool = default,
        /// Whether it was taken back, as somebody went back to it or to a node before it. Its token is not its own any more.
        pub undone: bool = default,
        /// The place of its end among the events of its process: the number of the one that told last that it was done. 0 where it never was,
        /// and where an earlier release did it.
        pub place: u32 = default,
        /// How many tasks there are on the way to it, itself included, since the last one that has a `way`.
        pub steps: u32 = default,
        /// What was on the way to it. Only some tasks have it.
        pub way: Option<Box<Way>> = default,
        /// The number of the last event about it among the events of its process: a tag that changes with each of them. 0 where nothing has
        /// happened to it since an earlier release, which noted no number.
        pub event: u32 = default,
        /// What its owner decided: the stored name of the case that was chosen.
        pub decision: Option<String> = default,
        /// Its seed, encoded; null when there is none.
        pub seed: Value = default,
        /// Its artifact, encoded; null when there is none.
        pub artifact: Value = default,
        /// The document its struct is laid over.
        pub data: Document = default,
    }
}

impl TaskRecord {
    /// In whose place it is done, if that is another person than the one who has it.
    pub fn principal(&self) -> Option<&UserId> {
        self.delegated_by.as_ref().filter(|by| self.owner.as_ref() != Some(by))
    }

    /// Who did it, and who had it done in their place.
    pub fn doers(&self) -> impl Iterator<Item = &UserId> {
        self.owner.iter().chain(&self.delegated_by)
    }

    /// Gives the task to a person, who may do it in the place of another one, or to nobody. Those who have it no longer are noted in `had`.
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
        /// What it read; none: an earlier release asked it, which noted the tables only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reads: Option<Reads>,
    },
}

/// What a condition read when it was last asked. It is asked again when something of that has changed, or the data of its process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reads {
    /// What it read of tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watched: Vec<Watched>,
    /// Whether it read what is not noted, such as tasks of its process or the time: it is asked in each step of its process.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub steps: bool,
}

/// A part of a table that a condition has read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Watched {
    /// The table.
    pub table: String,
    /// Which part of it.
    pub part: TablePart,
}

/// Which rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TablePart {
    /// All of them.
    All,
    /// The one with this number.
    Row(u64),
    /// Those under a key of an indexed field, by a hash of both.
    Key(u64),
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
    /// When `at` and `until` were reckoned, if from then on. A clock that shows an earlier time was set back since, and they mean nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When the current attempt has run out of time, if it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Why a task failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskError {
    /// The code of the error, where it has one: `viewflow::Error::coded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it said.
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
