//! Keys of lists, indexes and references, and of their entries: docs/format.md, "Keys".

use viewflow_store::{
    Candidate, Cursor, Ended, HistoryCursor, LogCursor, NodeName, Object, Order, Permission, ProcessId, ProcessList,
    ProcessStatus, TablePart, TaskId, TaskList, TaskStatus, UserId, Watched, due_sort,
};

use crate::key::events_through;
use crate::parts::{KeyBuf, KeyReader};

/// The prefix of all entries of the log.
pub(crate) fn whole_log() -> Vec<u8> {
    KeyBuf::new(b'h').done()
}

pub(crate) fn log(cursor: LogCursor, process: ProcessId, last: u32) -> Vec<u8> {
    KeyBuf::after(whole_log()).u64(cursor.commit).u64(cursor.index.into()).u64(process.0).u32(last).done()
}

/// Reads the place from a key in the log, after [`whole_log`].
pub(crate) fn log_place(rest: &[u8]) -> Option<LogCursor> {
    let mut parts = KeyReader(rest);
    Some(LogCursor { commit: parts.u64()?, index: u32::try_from(parts.u64()?).ok()? })
}

/// The prefix of a history by time: of everybody, or of one person.
pub(crate) fn history(by: Option<&UserId>) -> Vec<u8> {
    let key = KeyBuf::new(b't');
    match by {
        None => key.u8(0),
        Some(user) => key.u8(1).text(user.as_str()),
    }
    .done()
}

/// The key of an entry in a history; the newest entry sorts first.
pub(crate) fn in_history(list: Vec<u8>, place: HistoryCursor) -> Vec<u8> {
    KeyBuf::after(list).u64(!due_sort(place.at)).u64(!place.process.0).u32(!place.number).done()
}

/// The key of the run that an entry of the log, or of a history, points to.
pub(crate) fn run_of(entry: &[u8]) -> Option<Vec<u8>> {
    let mut parts = KeyReader(entry.get(entry.len().checked_sub(12)?..)?);
    let (process, last) = (parts.u64()?, parts.u32()?);
    match entry.first()? {
        b'h' => Some(events_through(ProcessId(process), last)),
        _ => Some(events_through(ProcessId(!process), !last)),
    }
}

pub(crate) fn task_list(list: &TaskList) -> Vec<u8> {
    let of_node = |key: KeyBuf, node: &Option<NodeName>| match node {
        None => key.u8(0),
        Some(node) => key.u8(1).text(&node.flow).text(&node.node),
    };
    let key = KeyBuf::new(b'l');
    let key = match list {
        TaskList::Inbox(user, node) => of_node(key.u8(1).text(user.as_str()), node),
        TaskList::Queue(candidate, node) => of_node(self::candidate(key.u8(QUEUE), candidate.as_ref()), node),
        TaskList::Barred(user, node) => of_node(key.u8(BARRED).u8(BY_AGE).text(user.as_str()), node),
        TaskList::Archive(user, node) => of_node(key.u8(3).text(user.as_str()), node),
        TaskList::Status(node, status) => key.u8(NODES).text(&node.flow).text(&node.node).u8(task_status(*status)),
        TaskList::Due => key.u8(5),
        TaskList::Signal(name) => key.u8(6).text(name),
        TaskList::Message(name, correlation) => key.u8(7).text(name).text(correlation),
        TaskList::Conditions(process) => key.u8(8).u64(process.0),
        TaskList::Watching(Watched { table, part }) => match part {
            TablePart::All => key.u8(9).u8(1).text(table),
            TablePart::Row(id) => key.u8(9).u8(2).text(table).u64(*id),
            TablePart::Key(hash) => key.u8(9).u8(3).text(table).u64(*hash),
        },
        TaskList::Restless(process) => key.u8(9).u8(0).u64(process.0),
        TaskList::Scope(scope) => key.u8(10).u64(scope.process.0).u32(scope.number),
        TaskList::Sorted(order, list) => match &**list {
            TaskList::Barred(user, node) => of_node(key.u8(BARRED).u8(self::order(*order)).text(user.as_str()), node),
            list => key.u8(11).u8(self::order(*order)).key(&task_list(list)),
        },
        TaskList::Open(process) => key.u8(13).u64(process.0),
        TaskList::Part(user) => key.u8(15).text(user.as_str()),
        TaskList::Past(process, node) => key.u8(14).u64(process.0).text(&node.flow).text(&node.node),
    };
    key.done()
}

/// The tag of queues.
const QUEUE: u8 = 2;
/// The tag of the lists of tasks that a person is barred from. Its sorted lists are under this tag too, and not
/// under the tag of sorted lists: an earlier release filled those without them.
const BARRED: u8 = 12;
/// Stands where sorted lists have their order.
const BY_AGE: u8 = 0;
/// The tag of candidates by permission.
const PERMISSION: u8 = 3;

fn candidate(key: KeyBuf, candidate: Option<&Candidate>) -> KeyBuf {
    match candidate {
        None => key.u8(0),
        Some(Candidate::User(user)) => key.u8(1).text(user.as_str()),
        Some(Candidate::Group(group)) => key.u8(2).text(group),
        Some(Candidate::Permission(permission)) => key.u8(PERMISSION).key(&self::permission(permission)),
    }
}

fn permission(permission: &Permission) -> Vec<u8> {
    let key = KeyBuf::after(Vec::new()).text(&permission.name);
    let key = match &permission.object {
        None => key.u8(0),
        Some(Object::Row { table, id }) => key.u8(1).text(table).u64(*id),
        Some(Object::Process { flow, id }) => key.u8(2).text(flow).u64(id.0),
    };
    key.done()
}

/// The prefix of all queues for permissions.
pub(crate) fn permissions() -> Vec<u8> {
    KeyBuf::new(b'l').u8(QUEUE).u8(PERMISSION).done()
}

/// A key after all queues for a permission.
pub(crate) fn after_permission(permission: &Permission) -> Vec<u8> {
    KeyBuf::after(permissions()).key(&self::permission(permission)).u8(0xFF).done()
}

/// Reads the permission from a queue entry's key, after [`permissions`].
pub(crate) fn permission_of(entry: &[u8]) -> Option<Permission> {
    let mut parts = KeyReader(entry);
    let name = parts.text()?;
    let object = match parts.u8()? {
        0 => None,
        1 => Some(Object::Row { table: parts.text()?, id: parts.u64()? }),
        2 => Some(Object::Process { flow: parts.text()?, id: ProcessId(parts.u64()?) }),
        _ => return None,
    };
    Some(Permission { name, object })
}

/// The stored number of an order; a number never changes its meaning.
fn order(order: Order) -> u8 {
    match order {
        Order::DueDate => 1,
        Order::Priority => 2,
        Order::FollowUp => 3,
    }
}

/// The tag of the lists by node and status.
const NODES: u8 = 4;

/// The prefix of all lists by node and status.
pub(crate) fn nodes() -> Vec<u8> {
    KeyBuf::new(b'l').u8(NODES).done()
}

/// A key after all lists of a node.
pub(crate) fn after_node(node: &NodeName) -> Vec<u8> {
    KeyBuf::new(b'l').u8(NODES).text(&node.flow).text(&node.node).u8(0xFF).done()
}

pub(crate) fn in_list(mut list: Vec<u8>, cursor: Cursor) -> Vec<u8> {
    list.extend(cursor.sort.to_be_bytes());
    list.extend(cursor.task.process.0.to_be_bytes());
    list.extend(cursor.task.ordinal.to_be_bytes());
    list
}

/// The letters of entries that are kept in buckets: those of lists and indexes.
pub(crate) const IN_BUCKETS: [u8; 5] = *b"lqiht";

/// How many bytes the key of an entry has after the key of its list or index. `None` for any other key.
pub(crate) fn numbers_of(entry: &[u8]) -> Option<usize> {
    match entry {
        [b'l' | b't', ..] => Some(20),
        [b'h', ..] => Some(28),
        [b'q', ENDED, ..] => Some(16),
        [b'q' | b'i', ..] => Some(8),
        _ => None,
    }
}

/// Reads the cursor that [`in_list`] appends to the key of a list.
pub(crate) fn cursor(entry: &[u8]) -> Option<Cursor> {
    let mut parts = KeyReader(entry);
    let (sort, process, ordinal) = (parts.u64()?, ProcessId(parts.u64()?), parts.u32()?);
    parts.0.is_empty().then_some(Cursor { sort, task: TaskId { process, ordinal } })
}

/// The time that [`due_sort`] turned into this sort value.
pub(crate) fn time_of_sort(sort: u64) -> i64 {
    (sort ^ (1 << 63)).cast_signed()
}

pub(crate) fn process_list(list: &ProcessList) -> Vec<u8> {
    let key = KeyBuf::new(b'q');
    let key = match list {
        ProcessList::Flow(flow) => key.u8(1).text(flow),
        ProcessList::Status(flow, status) => key.u8(2).text(flow).u8(process_status(*status)),
        ProcessList::Children(task) => key.u8(3).u64(task.process.0).u32(task.ordinal),
        ProcessList::OpenChildren(task) => key.u8(5).u64(task.process.0).u32(task.ordinal),
        ProcessList::StartedBy(user) => key.u8(STARTED_BY).text(user.as_str()),
        ProcessList::StartedByWith(user, status) => key.u8(7).text(user.as_str()).u8(process_status(*status)),
        ProcessList::Outcome(flow, outcome) => key.u8(OUTCOME).text(flow).text(outcome),
    };
    key.done()
}

/// The first and the last tag of the lists that have the newest process first.
const STARTED_BY: u8 = 6;
const OUTCOME: u8 = 8;

/// The tag of the list of ended processes.
const ENDED: u8 = 4;

/// The prefix of the list of ended processes.
pub(crate) fn all_ended() -> Vec<u8> {
    KeyBuf::new(b'q').u8(ENDED).done()
}

pub(crate) fn ended(ended: Ended) -> Vec<u8> {
    KeyBuf::after(all_ended()).u64(due_sort(ended.at)).u64(ended.process.0).done()
}

pub(crate) fn in_process_list(mut list: Vec<u8>, id: ProcessId) -> Vec<u8> {
    let number = if is_newest_first(&list) { !id.0 } else { id.0 };
    list.extend(number.to_be_bytes());
    list
}

/// The process in a list of processes whose entry, or its end after the key of the list, has this number last.
pub(crate) fn process_of(list: &[u8], rest: &[u8]) -> Option<ProcessId> {
    let number = u64::from_be_bytes(*rest.last_chunk()?);
    Some(ProcessId(if is_newest_first(list) { !number } else { number }))
}

/// Whether a list of processes, or that of an entry, has the newest first.
fn is_newest_first(list: &[u8]) -> bool {
    matches!(list, [b'q', STARTED_BY..=OUTCOME, ..])
}

pub(crate) fn index(table: &str, field: &str, value: &[u8]) -> Vec<u8> {
    KeyBuf::new(b'i').text(table).text(field).bytes(value).done()
}

pub(crate) fn in_index(mut index: Vec<u8>, row: u64) -> Vec<u8> {
    index.extend(row.to_be_bytes());
    index
}

pub(crate) fn references(table: &str, id: u64) -> Vec<u8> {
    KeyBuf::new(b'f').text(table).u64(id).done()
}

pub(crate) fn reference(table: &str, id: u64, by_table: &str, by: u64, field: &str) -> Vec<u8> {
    KeyBuf::after(references(table, id)).text(by_table).u64(by).text(field).done()
}

/// The stored number of a status; a number never changes its meaning.
fn task_status(status: TaskStatus) -> u8 {
    match status {
        TaskStatus::New => 1,
        TaskStatus::Assigned => 2,
        TaskStatus::Started => 3,
        TaskStatus::Done => 4,
        TaskStatus::Scheduled => 5,
        TaskStatus::Canceled => 6,
        TaskStatus::Error => 7,
        TaskStatus::Revived => 8,
        _ => 0xFE,
    }
}

/// The same as [`task_status`], for processes.
fn process_status(status: ProcessStatus) -> u8 {
    match status {
        ProcessStatus::New => 1,
        ProcessStatus::Done => 2,
        ProcessStatus::Canceled => 3,
        ProcessStatus::Failed => 4,
        ProcessStatus::Suspended => 5,
        _ => 0xFE,
    }
}
