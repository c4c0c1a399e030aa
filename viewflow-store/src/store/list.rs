//! The ordered lists of tasks and processes, and the keys of indexed values.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::limit::MAX_INDEXED;
use super::record::{ProcessRecord, ProcessStatus, ScopeId, TablePart, TaskRecord, TaskStatus, WaitsFor, Watched};
use crate::id::{ProcessId, TaskId, UserId};
use crate::people::{Candidate, Permission};
use crate::time::Timestamp;

/// The stored names of a flow and one of its nodes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeName {
    /// The flow.
    pub flow: String,
    /// The node.
    pub node: String,
}

impl NodeName {
    /// Makes the name of this node of this flow, both as they are stored.
    pub fn new(flow: impl Into<String>, node: impl Into<String>) -> Self {
        Self { flow: flow.into(), node: node.into() }
    }
}

/// As `flow.node`.
impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.flow, self.node)
    }
}

/// Reads `flow.node`.
impl FromStr for NodeName {
    type Err = NotANode;

    fn from_str(text: &str) -> Result<Self, NotANode> {
        let named = text.split_once('.').filter(|(flow, node)| !flow.is_empty() && !node.is_empty());
        named.map(|(flow, node)| Self::new(flow, node)).ok_or_else(|| NotANode(text.to_owned()))
    }
}

/// A text does not name a node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` does not name a node: write `flow.node`, such as `publish.review`")]
pub struct NotANode(String);

/// A list of tasks. With a node it contains only the tasks of that node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskList {
    /// The human tasks that a person has to do.
    Inbox(UserId, Option<NodeName>),
    /// The human tasks that no person has yet, and that some people may take: this candidate, or anybody. A task for
    /// the people with a permission on one object is in the list for that permission. It is also in the list for the
    /// people with the permission on all objects.
    Queue(Option<Candidate>, Option<NodeName>),
    /// The human tasks that no person has yet, and that this person may not take, because of `#[not_by(..)]`. The
    /// engine passes them over in a queue without reading their records.
    Barred(UserId, Option<NodeName>),
    /// The human tasks that a person has done, newest first.
    Archive(UserId, Option<NodeName>),
    /// The tasks of a node with a status.
    Status(NodeName, TaskStatus),
    /// The tasks that the engine has to look at when their time comes, in the order of their times.
    Due,
    /// The tasks that wait for a signal of this name.
    Signal(String),
    /// The tasks that wait for a message of this name with this correlation key.
    Message(String, String),
    /// The tasks of a process that wait for a condition.
    Conditions(ProcessId),
    /// The tasks that wait for a condition that has read this part of a table, by process.
    Watching(Watched),
    /// The tasks of a process that wait for a condition that each step of the process evaluates.
    Restless(ProcessId),
    /// The open tasks of a scope that may be canceled as a whole.
    Scope(ScopeId),
    /// The tasks of an inbox, a queue or a list [`TaskList::Barred`] that have the value by which this list is sorted.
    Sorted(Order, Box<TaskList>),
    /// The open tasks of a process, including suspended ones, in the order in which they were made.
    Open(ProcessId),
    /// The done tasks of a node in a process, newest first. For a node that runs sub-processes, all its tasks.
    Past(ProcessId, NodeName),
    /// The tasks of all kinds in which a person takes or took part ([`TaskRecord::people`]), whatever their status,
    /// suspended ones too. Those of the newest process come first, so that you can ask for one process, and leap from
    /// one to the next: [`Cursor::of_part`].
    Part(UserId),
}

/// The values, other than age, by which a list of tasks can be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// The soonest due date first.
    DueDate,
    /// The highest priority first.
    Priority,
    /// The soonest follow-up date first.
    FollowUp,
}

impl Order {
    /// All orders.
    pub const ALL: [Self; 3] = [Self::DueDate, Self::Priority, Self::FollowUp];

    /// Returns the place of a task, if it has the value.
    pub fn of(self, task: &TaskRecord) -> Option<u64> {
        match self {
            Self::DueDate => task.due_date.map(due_sort),
            Self::Priority => task.priority.map(|priority| !ascending(priority.into())),
            Self::FollowUp => task.follow_up.map(due_sort),
        }
    }
}

/// A list of processes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProcessList {
    /// All processes of a flow.
    Flow(String),
    /// The processes of a flow with a status.
    Status(String, ProcessStatus),
    /// The sub-processes of a task.
    Children(TaskId),
    /// The sub-processes of a task that are not over.
    OpenChildren(TaskId),
    /// The processes that a person started, without sub-processes, newest first.
    StartedBy(UserId),
    /// Those of them with a status.
    StartedByWith(UserId, ProcessStatus),
    /// The processes of a flow, sub-processes too, that are over and have this outcome, newest first. An outcome is
    /// listed under the name that it had when the process ended.
    Outcome(String, String),
}

impl ProcessList {
    /// Whether the process with the greatest number comes first: `after` one are those with lower numbers.
    pub fn is_newest_first(&self) -> bool {
        matches!(self, Self::StartedBy(_) | Self::StartedByWith(..) | Self::Outcome(..))
    }
}

/// A place in a list of tasks: the task there, and the value by which the list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cursor {
    /// The value by which the list is sorted.
    pub sort: u64,
    /// The task, which orders entries with equal values.
    pub task: TaskId,
}

impl Cursor {
    /// The place of a task in [`TaskList::Part`]. No task has the ordinal 0 or [`u32::MAX`]. The place of the former is
    /// just before the tasks of its process, and that of the latter just after them.
    pub fn of_part(task: TaskId) -> Self {
        Self { sort: !task.process.0, task }
    }
}

/// One entry of a list of tasks.
pub type ListedTask = Cursor;

/// Returns the lists that contain a task, each with its place there. A store keeps these lists and no others.
pub fn task_lists(task: &TaskRecord) -> Vec<(TaskList, Cursor)> {
    let mut lists = common_lists(task);
    lists.extend(open_at(task).map(|at| (TaskList::Open(task.id.process), at)));
    lists.extend(past_at(task).map(|at| (TaskList::Past(task.id.process, node_of(task)), at)));
    lists
}

/// Returns the lists that contain a task, except the lists of its own process.
pub(super) fn common_lists(task: &TaskRecord) -> Vec<(TaskList, Cursor)> {
    let by_age = by_age(task);
    let mut lists = Vec::with_capacity(4);
    lists.push((TaskList::Status(node_of(task), task.status), by_age));
    add_scope_and_waits(task, &mut lists);
    lists.extend(task.people().map(|person| (TaskList::Part(person.clone()), Cursor::of_part(task.id))));
    if task.suspended {
        return lists;
    }
    if task.kind.is_human() {
        let mut open = |list: &dyn Fn(Option<NodeName>) -> TaskList| {
            for list in [list(None), list(Some(node_of(task)))] {
                let sorted = Order::ALL.into_iter().filter_map(|order| Some((order, order.of(task)?)));
                let sorted = sorted.map(|(order, sort)| {
                    (TaskList::Sorted(order, Box::new(list.clone())), Cursor { sort, task: task.id })
                });
                lists.extend(sorted);
                lists.push((list, by_age));
            }
        };
        match (task.status, &task.owner) {
            (TaskStatus::New, _) => {
                for candidate in audiences(&task.candidates) {
                    open(&|node| TaskList::Queue(candidate.clone(), node));
                }
                for user in &task.barred {
                    open(&|node| TaskList::Barred(user.clone(), node));
                }
            }
            (TaskStatus::Assigned, Some(owner)) => open(&|node| TaskList::Inbox(owner.clone(), node)),
            (TaskStatus::Done, Some(owner)) => {
                let finished = task.finished.unwrap_or(task.created);
                let newest_first = Cursor { sort: !ascending(finished.as_millis()), task: task.id };
                let archive = |node| (TaskList::Archive(owner.clone(), node), newest_first);
                lists.extend([archive(None), archive(Some(node_of(task)))]);
            }
            _ => {}
        }
    }
    if let (true, Some(due)) = (waits(task), task.due) {
        lists.push((TaskList::Due, Cursor { sort: due_sort(due), task: task.id }));
    }
    lists.extend(lists_of_watching(task));
    lists
}

fn node_of(task: &TaskRecord) -> NodeName {
    NodeName { flow: task.flow.clone(), node: task.node.clone() }
}

/// Returns the place of a task in [`TaskList::Open`], if it is there.
pub(super) fn open_at(task: &TaskRecord) -> Option<Cursor> {
    (!task.status.is_final()).then(|| open_cursor(task.id))
}

/// Returns the place of such a task.
pub(super) fn open_cursor(task: TaskId) -> Cursor {
    Cursor { sort: task.ordinal.into(), task }
}

/// Returns the place of a task in [`TaskList::Past`], if it is there.
pub(super) fn past_at(task: &TaskRecord) -> Option<Cursor> {
    task.is_past().then(|| past_cursor(task.id))
}

/// Returns the place of such a task.
pub(super) fn past_cursor(task: TaskId) -> Cursor {
    Cursor { sort: !u64::from(task.ordinal), task }
}

/// Returns those lists that contain a task because it waits for something, or because it is open in its process or
/// scope.
pub fn lists_of_waiting(task: &TaskRecord) -> Vec<(TaskList, Cursor)> {
    let mut lists: Vec<_> = open_at(task).map(|at| (TaskList::Open(task.id.process), at)).into_iter().collect();
    add_scope_and_waits(task, &mut lists);
    lists
}

/// Adds the lists of tasks that wait for something, and of open tasks in a scope.
fn add_scope_and_waits(task: &TaskRecord, lists: &mut Vec<(TaskList, Cursor)>) {
    let (by_age, process) = (by_age(task), task.id.process);
    if task.listed && !task.status.is_final() {
        lists.push((TaskList::Scope(ScopeId { process, number: task.scope }), by_age));
    }
    if task.suspended || !waits(task) {
        return;
    }
    match &task.waits_for {
        Some(WaitsFor::Signal(name)) => lists.push((TaskList::Signal(name.clone()), by_age)),
        Some(WaitsFor::Message { name, key }) => {
            lists.push((TaskList::Message(name.clone(), key.clone()), by_age));
        }
        Some(WaitsFor::Condition { reads, .. }) => {
            lists.push((TaskList::Conditions(process), by_age));
            if reads.as_ref().is_none_or(|reads| reads.steps) {
                lists.push((TaskList::Restless(process), by_age));
            }
        }
        None => {}
    }
}

/// Returns the lists of tasks that wait for a condition that has read something of a table. They are sorted by process.
fn lists_of_watching(task: &TaskRecord) -> Vec<(TaskList, Cursor)> {
    let Some(WaitsFor::Condition { tables, reads }) = &task.waits_for else { return Vec::new() };
    if !waits(task) {
        return Vec::new();
    }
    let whole = |table: &String| Watched { table: table.clone(), part: TablePart::All };
    let watched = match reads {
        Some(reads) => reads.watched.clone(),
        None => tables.iter().map(whole).collect(),
    };
    let by_process = Cursor { sort: task.id.process.0, task: task.id };
    watched.into_iter().map(|watched| (TaskList::Watching(watched), by_process)).collect()
}

/// Returns the place of a task in the lists that are sorted by age.
fn by_age(task: &TaskRecord) -> Cursor {
    Cursor { sort: ascending(task.created.as_millis()), task: task.id }
}

fn waits(task: &TaskRecord) -> bool {
    !task.status.is_final() && task.status != TaskStatus::Error
}

/// Returns the audiences of the queues that contain a task with these candidates.
fn audiences(candidates: &[Candidate]) -> Vec<Option<Candidate>> {
    if candidates.is_empty() {
        return vec![None];
    }
    let mut audiences: Vec<_> = candidates.iter().cloned().map(Some).collect();
    for candidate in candidates {
        if let Candidate::Permission(Permission { name, object: Some(_) }) = candidate {
            audiences.push(Some(Candidate::Permission(Permission { name: name.clone(), object: None })));
        }
    }
    audiences.sort_unstable();
    audiences.dedup();
    audiences
}

/// Returns the value by which [`TaskList::Due`] is sorted.
pub fn due_sort(due: Timestamp) -> u64 {
    ascending(due.as_millis())
}

/// Returns the time for such a value of [`TaskList::Due`].
pub fn due_of_sort(sort: u64) -> Timestamp {
    Timestamp::from_millis((sort ^ (1 << 63)).cast_signed())
}

/// Returns the lists that contain a process.
pub fn process_lists(process: &ProcessRecord) -> Vec<ProcessList> {
    let mut lists =
        vec![ProcessList::Flow(process.flow.clone()), ProcessList::Status(process.flow.clone(), process.status)];
    lists.extend(process.parent.map(ProcessList::Children));
    lists.extend(process.parent.filter(|_| !process.status.is_final()).map(ProcessList::OpenChildren));
    if let Some(person) = process.started_by.as_ref().filter(|_| process.parent.is_none()) {
        lists.push(ProcessList::StartedBy(person.clone()));
        lists.push(ProcessList::StartedByWith(person.clone(), process.status));
    }
    let outcome = process.outcome.as_ref().filter(|_| process.status.is_final());
    lists.extend(outcome.map(|outcome| ProcessList::Outcome(process.flow.clone(), outcome.clone())));
    lists
}

/// Returns whether a process is in the same lists as before.
pub(super) fn stays_in_lists(old: &ProcessRecord, new: &ProcessRecord) -> bool {
    let standing = |of: &ProcessRecord| (of.status, of.parent);
    standing(old) == standing(new)
        && (&old.flow, &old.started_by, &old.outcome) == (&new.flow, &new.started_by, &new.outcome)
}

/// A process that is over, and the time of its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ended {
    /// The time of its end.
    pub at: Timestamp,
    /// The process.
    pub process: ProcessId,
}

/// Returns the place of a process among those that are over; none while it runs, and for sub-processes.
pub fn ended(process: &ProcessRecord) -> Option<Ended> {
    let over = process.status.is_final() && process.parent.is_none();
    over.then(|| Ended { at: process.finished.unwrap_or(process.created), process: process.id })
}

/// Maps a signed number to an unsigned number of the same order.
fn ascending(number: i64) -> u64 {
    number.cast_unsigned() ^ (1 << 63)
}

/// Returns a JSON value as bytes that have the order of the values: null, false, true, numbers, text, the rest as text.
///
/// Whole numbers and other numbers are ordered separately, because the values of one field have one type. Returns none
/// for a text of more than 255 bytes.
pub fn index_key(value: &Value) -> Option<Vec<u8>> {
    let key = match value {
        Value::Null => vec![0],
        Value::Bool(false) => vec![1],
        Value::Bool(true) => vec![2],
        Value::Number(number) => {
            if let Some(whole) = number.as_i64() {
                tagged(3, &ascending(whole).to_be_bytes())
            } else if let Some(whole) = number.as_u64() {
                tagged(4, &whole.to_be_bytes())
            } else {
                let bits = number.as_f64().unwrap_or(0.0).to_bits();
                let ordered = if bits >> 63 == 0 { bits ^ (1 << 63) } else { !bits };
                tagged(5, &ordered.to_be_bytes())
            }
        }
        Value::String(text) => tagged(6, text.as_bytes()),
        Value::Array(_) | Value::Object(_) => tagged(7, value.to_string().as_bytes()),
    };
    (key.len() <= MAX_INDEXED + 1).then_some(key)
}

fn tagged(tag: u8, bytes: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(bytes.len() + 1);
    key.push(tag);
    key.extend_from_slice(bytes);
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_of_whole_numbers_have_the_order_of_the_numbers(a: i64, b: i64) {
            prop_assert_eq!(a.cmp(&b), index_key(&a.into()).cmp(&index_key(&b.into())));
        }

        #[test]
        fn keys_of_floats_have_the_order_of_the_floats(a in -1e300..1e300f64, b in -1e300..1e300f64) {
            let (left, right) = (index_key(&a.into()), index_key(&b.into()));
            prop_assert_eq!(a.partial_cmp(&b), Some(left.cmp(&right)));
        }

        #[test]
        fn keys_of_texts_have_the_order_of_the_texts(a in ".{0,40}", b in ".{0,40}") {
            prop_assert_eq!(a.cmp(&b), index_key(&a.into()).cmp(&index_key(&b.into())));
        }
    }

    #[test]
    fn a_value_that_is_too_long_has_no_key() {
        assert_eq!(index_key(&"x".repeat(MAX_INDEXED + 1).into()), None);
        assert!(index_key(&"x".repeat(MAX_INDEXED).into()).is_some());
    }
}
