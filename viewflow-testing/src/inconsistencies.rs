//! Inconsistencies in a store.

mod past;
mod process;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use viewflow_store::{
    Candidate, Cursor, HistoryCursor, NodeName, Order, ProcessId, ProcessList, ProcessStatus, Store, StoreResult,
    TaskList, TaskStatus, UserId, ended, process_lists, task_lists,
};

/// How many records are read at once.
const PAGE: usize = 500;

/// Checks everything in a store. Returns the inconsistencies in words; an empty list if all is well.
///
/// It is for tests: it reads everything, and assumes that no other program writes meanwhile.
///
/// It knows what the engine promises, for example:
///
/// - A process that runs has an open task, and a process that is over has none.
/// - A scope counts the tokens and scopes in it.
/// - A join is reached once.
/// - Tasks, processes and rows are in exactly those lists and indexes in which they should be.
/// - References lead to rows.
/// - Events have no gaps, and are in the log and in the lists by time.
///
/// ```
/// use viewflow_store::MemoryStore;
/// use viewflow_testing::inconsistencies;
///
/// assert_eq!(inconsistencies(&MemoryStore::new()), Vec::<String>::new());
/// ```
pub fn inconsistencies(store: &dyn Store) -> Vec<String> {
    let mut check = Check {
        store,
        found: Vec::new(),
        flows: BTreeSet::new(),
        starters: BTreeSet::new(),
        outcomes: BTreeSet::new(),
        people: BTreeSet::new(),
        waiting: BTreeMap::new(),
        events: BTreeSet::new(),
    };
    if let Err(error) = check.all() {
        check.found.push(format!("the store cannot be read any further: {error}"));
    }
    check.found
}

struct Check<'s> {
    store: &'s dyn Store,
    found: Vec<String>,
    /// The flows that have processes.
    flows: BTreeSet<String>,
    /// The people who started processes.
    starters: BTreeSet<UserId>,
    /// How processes ended.
    outcomes: BTreeSet<String>,
    /// The people that take or took part in tasks, or may not take them.
    people: BTreeSet<UserId>,
    /// How many tasks wait for a message, and how many of them are suspended: by name and key.
    waiting: BTreeMap<(String, String), (u64, u64)>,
    /// The events: process and number, and the person that acted.
    events: BTreeSet<(ProcessId, u32, Option<UserId>)>,
}

impl Check<'_> {
    fn complain(&mut self, complaint: impl Into<String>) {
        self.found.push(complaint.into());
    }

    fn all(&mut self) -> StoreResult<()> {
        let mut after = ProcessId(0);
        loop {
            let page = self.store.processes(after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = last.id;
            page.iter().try_for_each(|process| self.process(process))?;
        }
        self.log()?;
        self.process_lists()?;
        self.ended()?;
        self.task_lists()?;
        self.rows()?;
        self.mailboxes()
    }

    /// Checks that the log, and the lists of events by time, have each event once, in order.
    fn log(&mut self) -> StoreResult<()> {
        let events = std::mem::take(&mut self.events);
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.log(after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.cursor);
            found.extend(page.into_iter().map(|logged| (logged.process, logged.number)));
        }
        found.sort_unstable();
        let all: Vec<_> = events.iter().map(|(process, number, _)| (*process, *number)).collect();
        if found != all {
            self.complain(format!("the log has {} events, and {} happened", found.len(), all.len()));
        }
        let mut people: BTreeSet<Option<&UserId>> = events.iter().map(|(_, _, actor)| actor.as_ref()).collect();
        people.insert(None);
        for by in people {
            let (mut count, mut before) = (0, None::<HistoryCursor>);
            loop {
                let page = self.store.history(by, before, PAGE)?;
                let Some(last) = page.last() else { break };
                before = Some(HistoryCursor::of(last));
                count += page.iter().filter(|event| by.is_none() || event.actor.as_ref() == by).count();
            }
            let did = events.iter().filter(|(_, _, actor)| by.is_none() || actor.as_ref() == by).count();
            if count != did {
                self.complain(format!("by time there are {count} events of {by:?}, and {did} happened"));
            }
        }
        Ok(())
    }

    /// Checks that lists contain no process that should not be in them.
    fn process_lists(&mut self) -> StoreResult<()> {
        let mut lists = Vec::new();
        for flow in std::mem::take(&mut self.flows) {
            lists.extend(ProcessStatus::ALL.map(|status| ProcessList::Status(flow.clone(), status)));
            lists.extend(self.outcomes.iter().map(|outcome| ProcessList::Outcome(flow.clone(), outcome.clone())));
            lists.push(ProcessList::Flow(flow));
        }
        for starter in std::mem::take(&mut self.starters) {
            lists.extend(ProcessStatus::ALL.map(|status| ProcessList::StartedByWith(starter.clone(), status)));
            lists.push(ProcessList::StartedBy(starter));
        }
        for list in lists {
            let mut after = None;
            loop {
                let page = self.store.list_processes(&list, after, PAGE)?;
                let Some(last) = page.last() else { break };
                after = Some(*last);
                for id in page {
                    let process = self.store.process(id)?;
                    if !process.is_some_and(|process| process_lists(&process).contains(&list)) {
                        self.complain(format!("process {id} stands in {list:?} and should not"));
                    }
                }
            }
        }
        Ok(())
    }

    /// Checks that the list of processes that are over contains no other process.
    fn ended(&mut self) -> StoreResult<()> {
        let mut after = None;
        loop {
            let page = self.store.ended(after, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(*last);
            for entry in page {
                let process = self.store.process(entry.process)?;
                if process.and_then(|process| ended(&process)) != Some(entry) {
                    self.complain(format!("process {} stands among those that are over and should not", entry.process));
                }
            }
        }
    }

    /// Checks that lists contain no task that should not be in them. Lists whose names only tasks know are left out.
    fn task_lists(&mut self) -> StoreResult<()> {
        let mut lists = vec![TaskList::Due, TaskList::Queue(None, None)];
        for person in std::mem::take(&mut self.people) {
            lists.push(TaskList::Inbox(person.clone(), None));
            lists.push(TaskList::Barred(person.clone(), None));
            lists.push(TaskList::Part(person.clone()));
            lists.push(TaskList::Archive(person, None));
        }
        let mut after: Option<NodeName> = None;
        loop {
            let nodes = self.store.nodes(after.as_ref(), PAGE)?;
            let Some(last) = nodes.last() else { break };
            after = Some(last.clone());
            for node in nodes {
                lists.push(TaskList::Queue(None, Some(node.clone())));
                lists.extend(TaskStatus::ALL.map(|status| TaskList::Status(node.clone(), status)));
            }
        }
        let mut after = None;
        loop {
            let permissions = self.store.permissions(after.as_ref(), PAGE)?;
            let Some(last) = permissions.last() else { break };
            after = Some(last.clone());
            let queue = |permission| TaskList::Queue(Some(Candidate::Permission(permission)), None);
            lists.extend(permissions.into_iter().map(queue));
        }
        for list in lists {
            self.task_list(&list)?;
            for order in Order::ALL {
                self.task_list(&TaskList::Sorted(order, Box::new(list.clone())))?;
            }
        }
        Ok(())
    }

    fn task_list(&mut self, list: &TaskList) -> StoreResult<()> {
        let mut after: Option<Cursor> = None;
        loop {
            let page = self.store.list_tasks(list, after, PAGE)?;
            let Some(end) = page.last() else { return Ok(()) };
            after = Some(*end);
            for listed in page {
                let task = self.store.task(listed.task)?;
                let place = (list.clone(), listed);
                if !task.is_some_and(|task| task_lists(&task).contains(&place)) {
                    self.complain(format!("task {} stands in {list:?} and should not", listed.task));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
