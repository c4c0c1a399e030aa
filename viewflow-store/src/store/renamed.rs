//! A store as code sees it whose flows and nodes had other names before.
//!
//! Records are read under the current names, and lists under all names. When a task is written for another reason, it
//! gets its node's current name. A process keeps the name of its flow, which its tasks share.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::{
    Change, Claims, Commit, Cursor, Ended, HistoryCursor, ListedTask, LogCursor, Logged, NodeName, ProcessData,
    ProcessList, ProcessRecord, Receipt, Reference, Reliance, RowRecord, ScopeId, ScopeRecord, Store, StoreResult,
    Stored, TaskList, TaskRecord, Turn, Watcher,
};
use crate::id::{ProcessId, TaskId, UserId};
use crate::people::Permission;
use crate::time::Timestamp;

/// The flows and nodes that had other names before.
#[derive(Debug, Default)]
pub struct Names {
    /// The current names of flows, by their earlier names.
    flows: BTreeMap<&'static str, &'static str>,
    /// The current names of nodes, by flow and their earlier names.
    nodes: BTreeMap<&'static str, BTreeMap<&'static str, &'static str>>,
}

impl Names {
    /// Notes the current name of a flow, and its earlier names.
    pub fn flow_was(&mut self, today: &'static str, was: &[&'static str]) {
        self.flows.extend(was.iter().map(|was| (*was, today)));
    }

    /// Notes the current name of a node of a flow, and its earlier names.
    pub fn node_was(&mut self, flow: &'static str, today: &'static str, was: &[&'static str]) {
        if !was.is_empty() {
            self.nodes.entry(flow).or_default().extend(was.iter().map(|was| (*was, today)));
        }
    }

    fn flow<'n>(&self, name: &'n str) -> &'n str
    where
        'static: 'n,
    {
        self.flows.get(name).copied().unwrap_or(name)
    }

    /// Returns the current name of a node whose flow is given by its current name; none if it was not renamed.
    fn node(&self, flow: &str, node: &str) -> Option<&'static str> {
        self.nodes.get(flow)?.get(node).copied()
    }

    /// Returns the current name of a node that is given as it is stored.
    pub fn today(&self, stored: &NodeName) -> NodeName {
        let flow = self.flow(&stored.flow);
        let node = self.node(flow, &stored.node).unwrap_or(&stored.node);
        NodeName { flow: flow.to_owned(), node: node.to_owned() }
    }

    fn process(&self, mut process: ProcessRecord) -> ProcessRecord {
        if let Some(name) = self.flows.get(process.flow.as_str()) {
            (*name).clone_into(&mut process.flow);
        }
        if self.nodes.contains_key(process.flow.as_str()) {
            let nodes = std::mem::take(&mut process.nodes);
            let today = nodes.lines().map(|node| self.node(&process.flow, node).unwrap_or(node));
            let today: std::collections::BTreeSet<&str> = today.collect();
            process.nodes = today.into_iter().flat_map(|node| [node, "\n"]).collect();
        }
        process
    }

    fn task(&self, mut task: TaskRecord) -> TaskRecord {
        if let Some(name) = self.flows.get(task.flow.as_str()) {
            (*name).clone_into(&mut task.flow);
        }
        let TaskRecord { flow, node, timeouts, way, .. } = &mut task;
        if let Some(way) = way.as_deref_mut().filter(|_| self.nodes.contains_key(flow.as_str())) {
            *way = std::mem::take(way).renamed(|node| self.node(flow, node));
        }
        for name in std::iter::once(node).chain(timeouts.iter_mut().map(|timeout| &mut timeout.then)) {
            if let Some(now) = self.node(flow, name) {
                now.clone_into(name);
            }
        }
        task
    }

    /// Returns all names under which processes of a flow may be stored.
    fn of_flow<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n str> {
        let earlier = self.flows.iter().filter(move |(_, now)| **now == name).map(|(was, _)| *was);
        std::iter::once(name).chain(earlier)
    }

    /// Returns all names under which tasks of a node may be stored.
    fn of_node<'n>(&'n self, name: &'n NodeName) -> impl Iterator<Item = NodeName> + 'n {
        let earlier = self.nodes.get(name.flow.as_str()).into_iter().flatten();
        let earlier = earlier.filter(|(_, now)| **now == name.node).map(|(was, _)| *was);
        std::iter::once(name.node.as_str()).chain(earlier).flat_map(|node| {
            let named = move |flow: &str| NodeName { flow: flow.to_owned(), node: node.to_owned() };
            self.of_flow(&name.flow).map(named)
        })
    }

    /// Returns the lists as which one list may be kept.
    fn of_list(&self, list: &TaskList) -> Vec<TaskList> {
        match list {
            TaskList::Status(node, status) => self.of_node(node).map(|node| TaskList::Status(node, *status)).collect(),
            TaskList::Inbox(user, Some(node)) => {
                self.of_node(node).map(|node| TaskList::Inbox(user.clone(), Some(node))).collect()
            }
            TaskList::Queue(candidate, Some(node)) => {
                self.of_node(node).map(|node| TaskList::Queue(candidate.clone(), Some(node))).collect()
            }
            TaskList::Barred(user, Some(node)) => {
                self.of_node(node).map(|node| TaskList::Barred(user.clone(), Some(node))).collect()
            }
            TaskList::Archive(user, Some(node)) => {
                self.of_node(node).map(|node| TaskList::Archive(user.clone(), Some(node))).collect()
            }
            TaskList::Past(process, node) => self.of_node(node).map(|node| TaskList::Past(*process, node)).collect(),
            TaskList::Sorted(order, list) => {
                self.of_list(list).into_iter().map(|list| TaskList::Sorted(*order, Box::new(list))).collect()
            }
            list => vec![list.clone()],
        }
    }

    /// Returns whether a flow, or one of its nodes, had another name.
    fn had_others(&self, flow: &str) -> bool {
        self.nodes.contains_key(flow) || self.of_flow(flow).nth(1).is_some()
    }
}

/// The store in front of the other store.
pub struct Renamed {
    store: Arc<dyn Store>,
    names: Names,
}

impl fmt::Debug for Renamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renamed").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Renamed {
    /// Returns the store under the current names. Without earlier names, it is the store itself.
    pub fn over(store: Arc<dyn Store>, names: Names) -> Arc<dyn Store> {
        if names.flows.is_empty() && names.nodes.is_empty() { store } else { Arc::new(Self { store, names }) }
    }

    /// Replaces a task by its stored record, if it was renamed.
    fn stored_task(&self, task: &mut TaskRecord) -> StoreResult<()> {
        if self.names.had_others(&task.flow)
            && let Some(stored) = self.store.task(task.id)?
        {
            *task = stored;
        }
        Ok(())
    }

    fn stored_process(&self, process: &mut ProcessRecord) -> StoreResult<()> {
        if self.names.had_others(&process.flow)
            && let Some(stored) = self.store.process(process.id)?
        {
            *process = stored.record;
        }
        Ok(())
    }
}

impl Store for Renamed {
    crate::forward! { self => self.store;
        process_data(id: ProcessId) -> Option<ProcessData>;
        ended(after: Option<Ended>, limit: usize) -> Vec<Ended>;
        scope(id: ScopeId) -> Option<ScopeRecord>;
        scopes(process: ProcessId, after: Option<u32>, limit: usize) -> Vec<(ScopeId, ScopeRecord)>;
        tables(after: Option<&str>, limit: usize) -> Vec<String>;
        row(table: &str, id: u64) -> Option<Stored<RowRecord>>;
        rows_at(table: &str, ids: &[u64]) -> Vec<Option<Stored<RowRecord>>>;
        rows(table: &str, after: u64, limit: usize) -> Vec<(u64, Stored<RowRecord>)>;
        row_ids(table: &str, after: u64, limit: usize) -> Vec<u64>;
        rows_by(table: &str, field: &str, key: &[u8], after: u64, limit: usize) -> Vec<u64>;
        references(table: &str, id: u64, limit: usize) -> Vec<Reference>;
        table_stamp(table: &str) -> u64;
        index_stamp(table: &str, field: &str, key: &[u8]) -> u64;
        permissions(after: Option<&Permission>, limit: usize) -> Vec<Permission>;
        events(process: ProcessId, after: u32, limit: usize) -> Vec<Logged>;
        log(after: Option<LogCursor>, limit: usize) -> Vec<Logged>;
        log_places(after: Option<LogCursor>, limit: usize) -> Vec<LogCursor>;
        log_end() -> u64;
        history(by: Option<&UserId>, before: Option<HistoryCursor>, limit: usize) -> Vec<Logged>;
        claims() -> Option<Arc<Claims>>;
        clock() -> Option<Timestamp>;
        next_process() -> ProcessId;
        next_row(table: &str) -> u64;
        watch(watcher: Weak<Watcher>) -> bool;
        reserve(what: &str, by: u64, hold: Duration) -> bool;
        release(what: &str, by: u64) -> ();
        turn(reliance: &Reliance, long: Duration, before: Option<Turn>) -> Turn;
    }

    fn process(&self, id: ProcessId) -> StoreResult<Option<Stored<ProcessRecord>>> {
        let stored = self.store.process(id)?;
        Ok(stored.map(|Stored { revision, record }| Stored { revision, record: self.names.process(record) }))
    }

    fn processes_at(&self, ids: &[ProcessId]) -> StoreResult<Vec<Option<ProcessRecord>>> {
        let processes = self.store.processes_at(ids)?;
        Ok(processes.into_iter().map(|process| process.map(|process| self.names.process(process))).collect())
    }

    fn processes(&self, after: ProcessId, limit: usize) -> StoreResult<Vec<ProcessRecord>> {
        let processes = self.store.processes(after, limit)?;
        Ok(processes.into_iter().map(|process| self.names.process(process)).collect())
    }

    fn task(&self, id: TaskId) -> StoreResult<Option<TaskRecord>> {
        Ok(self.store.task(id)?.map(|task| self.names.task(task)))
    }

    fn process_and_task(&self, id: TaskId) -> StoreResult<Option<(Stored<ProcessRecord>, Option<TaskRecord>)>> {
        let found = self.store.process_and_task(id)?;
        Ok(found.map(|(Stored { revision, record }, task)| {
            (Stored { revision, record: self.names.process(record) }, task.map(|task| self.names.task(task)))
        }))
    }

    fn tasks_at(&self, ids: &[TaskId]) -> StoreResult<Vec<Option<TaskRecord>>> {
        let tasks = self.store.tasks_at(ids)?;
        Ok(tasks.into_iter().map(|task| task.map(|task| self.names.task(task))).collect())
    }

    fn tasks(&self, process: ProcessId, after: u32, limit: usize) -> StoreResult<Vec<TaskRecord>> {
        let tasks = self.store.tasks(process, after, limit)?;
        Ok(tasks.into_iter().map(|task| self.names.task(task)).collect())
    }

    fn list_tasks(&self, list: &TaskList, after: Option<Cursor>, limit: usize) -> StoreResult<Vec<ListedTask>> {
        let lists = self.names.of_list(list);
        merged(&lists, limit, |list| self.store.list_tasks(list, after, limit))
    }

    fn list_processes(
        &self,
        list: &ProcessList,
        after: Option<ProcessId>,
        limit: usize,
    ) -> StoreResult<Vec<ProcessId>> {
        let lists: Vec<ProcessList> = match list {
            ProcessList::Flow(flow) => {
                self.names.of_flow(flow).map(|flow| ProcessList::Flow(flow.to_owned())).collect()
            }
            ProcessList::Status(flow, status) => {
                self.names.of_flow(flow).map(|flow| ProcessList::Status(flow.to_owned(), *status)).collect()
            }
            ProcessList::Outcome(flow, outcome) => {
                let list = |flow: &str| ProcessList::Outcome(flow.to_owned(), outcome.clone());
                let lists: Vec<_> = self.names.of_flow(flow).map(list).collect();
                let read = |list: &_| {
                    let listed = self.store.list_processes(list, after, limit)?;
                    Ok(listed.into_iter().map(Reverse).collect())
                };
                return Ok(merged(&lists, limit, read)?.into_iter().map(|Reverse(id)| id).collect());
            }
            ProcessList::Children(_)
            | ProcessList::OpenChildren(_)
            | ProcessList::StartedBy(_)
            | ProcessList::StartedByWith(..) => vec![list.clone()],
        };
        merged(&lists, limit, |list| self.store.list_processes(list, after, limit))
    }

    /// There are few of them, so all are read for each page.
    fn nodes(&self, after: Option<&NodeName>, limit: usize) -> StoreResult<Vec<NodeName>> {
        let mut nodes = std::collections::BTreeSet::new();
        let mut last: Option<NodeName> = None;
        loop {
            let page = self.store.nodes(last.as_ref(), 1000)?;
            if page.is_empty() {
                break;
            }
            last = page.last().cloned();
            nodes.extend(page.iter().map(|stored| self.names.today(stored)));
        }
        Ok(nodes.into_iter().filter(|node| after.is_none_or(|after| node > after)).take(limit).collect())
    }

    /// Replaces each old record of the commit by the record as it is stored, so that the store finds it in its lists.
    /// The revisions in the commit cover that.
    fn commit(&self, mut commit: Commit) -> StoreResult<Receipt> {
        let mut renamed = BTreeMap::new();
        for change in &mut commit.changes {
            if let Change::Process { old: Some(old), new } = change {
                self.stored_process(old)?;
                if old.flow != new.flow {
                    new.flow.clone_from(&old.flow);
                    renamed.insert(new.id, old.flow.clone());
                }
            }
        }
        for change in &mut commit.changes {
            if let Change::Task { new, .. } = change
                && let Some(flow) = renamed.get(&new.id.process)
            {
                new.flow.clone_from(flow);
            }
            match change {
                Change::ForgetProcess { old } => self.stored_process(old)?,
                Change::Task { old: Some(old), .. } => self.stored_task(old)?,
                Change::ForgetTasks { old } => old.iter_mut().try_for_each(|task| self.stored_task(task))?,
                _ => {}
            }
        }
        self.store.commit(commit)
    }
}

/// Returns the first entries of several lists that have the same order.
fn merged<L, E: Ord>(lists: &[L], limit: usize, read: impl Fn(&L) -> StoreResult<Vec<E>>) -> StoreResult<Vec<E>> {
    if let [list] = lists {
        return read(list);
    }
    let mut merged = Vec::new();
    for list in lists {
        merged.extend(read(list)?);
    }
    merged.sort_unstable();
    merged.truncate(limit);
    Ok(merged)
}
