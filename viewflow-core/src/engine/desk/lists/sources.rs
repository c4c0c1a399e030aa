//! The lists that processes are found in, each in one order.

use viewflow_store::{Cursor, NodeName, ProcessId, ProcessList, Store, StoreResult, TaskId, TaskList, UserId};

use crate::engine::read::merged::Listed;

/// Processes in one order. Sources that are read as one have the same.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Those of a list of the store, in its order.
    List(ProcessList),
    /// Those in which a person took part, newest first.
    Part(UserId),
    /// Those with a key in an indexed column, oldest first.
    Column { table: &'static str, field: String, key: Vec<u8> },
    /// These, newest first.
    These(Vec<ProcessId>),
    /// The sub-processes of the tasks of these nodes in a process: those of the newest task first.
    Children(ProcessId, Vec<NodeName>),
}

impl Listed for Source {
    fn read(&self, store: &dyn Store, after: Option<Cursor>, limit: usize) -> StoreResult<Vec<Cursor>> {
        let before = after.map(|after| after.task.process);
        let up = |id: ProcessId| Cursor { sort: id.0, task: task_of(id) };
        let down = |id: ProcessId| Cursor { sort: !id.0, task: task_of(id) };
        Ok(match self {
            Self::List(list) => {
                let listed = store.list_processes(list, before, limit)?.into_iter();
                if list.is_newest_first() { listed.map(down).collect() } else { listed.map(up).collect() }
            }
            Self::Part(user) => taken_part(store, user, before, limit)?.into_iter().map(down).collect(),
            Self::Column { table, field, key } => {
                let rows = store.rows_by(table, field, key, before.map_or(0, |before| before.0), limit)?;
                rows.into_iter().map(|row| up(ProcessId(row))).collect()
            }
            Self::These(ids) => {
                let left = ids.iter().copied().map(down).filter(|place| after.is_none_or(|after| *place > after));
                left.take(limit).collect()
            }
            Self::Children(process, nodes) => children(store, *process, nodes, after, limit)?,
        })
    }
}

/// How many tasks are read at the most at a time to find processes.
const TASKS: usize = 64;

/// The processes in which a person took part that come after one, newest first.
fn taken_part(store: &dyn Store, user: &UserId, after: Option<ProcessId>, limit: usize) -> StoreResult<Vec<ProcessId>> {
    let (list, mut found) = (TaskList::Part(user.clone()), Vec::new());
    let mut process = after;
    while found.len() < limit {
        // Behind all tasks of the last process, however many there are.
        let place = process.map(|process| Cursor::of_part(TaskId { process, ordinal: u32::MAX }));
        let wanted = (limit - found.len()).min(TASKS);
        let page = store.list_tasks(&list, place, wanted)?;
        let is_all = page.len() < wanted;
        for next in page.into_iter().map(|listed| listed.task.process) {
            if process.replace(next) != Some(next) {
                found.push(next);
            }
        }
        if is_all {
            break;
        }
    }
    Ok(found)
}

/// A place among processes has no task.
fn task_of(process: ProcessId) -> TaskId {
    TaskId { process, ordinal: 0 }
}

/// The children of a process after a place: that has the ordinal of their task turned around, and the child.
fn children(
    store: &dyn Store,
    process: ProcessId,
    nodes: &[NodeName],
    after: Option<Cursor>,
    limit: usize,
) -> StoreResult<Vec<Cursor>> {
    let mut found = Vec::new();
    let of = |sort: u64, after: Option<ProcessId>, found: &mut Vec<Cursor>| -> StoreResult<()> {
        let Ok(ordinal) = u32::try_from(!sort) else { return Ok(()) };
        let list = ProcessList::Children(TaskId { process, ordinal });
        let children = store.list_processes(&list, after, limit - found.len())?;
        found.extend(children.into_iter().map(|child| Cursor { sort, task: task_of(child) }));
        Ok(())
    };
    if let Some(after) = after {
        of(after.sort, Some(after.task.process), &mut found)?;
    }
    let mut place = after.map(|after| Cursor { sort: after.sort, task: TaskId { process, ordinal: u32::MAX } });
    while found.len() < limit {
        // The next task that runs children, of whatever node.
        let mut next = None;
        for node in nodes {
            let first = store.list_tasks(&TaskList::Past(process, node.clone()), place, 1)?;
            next = next.into_iter().chain(first).min();
        }
        let Some(task) = next else { break };
        of(task.sort, None, &mut found)?;
        place = Some(task);
    }
    Ok(found)
}
