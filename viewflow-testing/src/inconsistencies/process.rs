//! Inconsistencies in one process.

use std::collections::{BTreeMap, BTreeSet};

use viewflow_graph::Kind;
use viewflow_store::{
    Cursor, Ended, EventKind, ProcessId, ProcessList, ProcessRecord, ProcessStatus, ScopeId, ScopeRecord, StoreResult,
    TaskId, TaskList, TaskRecord, TaskStatus, Timestamp, WaitsFor, ended, process_lists, task_lists,
};

use super::past::{Tasks, Told};
use super::{Check, PAGE};

/// The scope that is the process itself.
const ROOT: u32 = 0;

/// The totals over the tasks of a process.
struct Tally {
    /// How many tokens and scopes are alive in each open scope.
    live: BTreeMap<u32, u64>,
    /// The scopes that were joined.
    joined: BTreeSet<u32>,
    open: u64,
    conditions: u32,
    /// How many tasks of each node are done directly in each scope.
    done: BTreeMap<u32, BTreeMap<String, u32>>,
    /// The scope around each scope.
    around: BTreeMap<u32, u32>,
}

impl Tally {
    /// Returns how many tasks of each node are done in each scope, inner scopes included.
    fn done_within(&self) -> BTreeMap<u32, BTreeMap<String, u32>> {
        let mut within: BTreeMap<u32, BTreeMap<String, u32>> = BTreeMap::new();
        for (scope, done) in &self.done {
            let mut at = Some(*scope).filter(|scope| *scope != ROOT);
            while let Some(scope) = at {
                for (node, count) in done {
                    *within.entry(scope).or_default().entry(node.clone()).or_default() += count;
                }
                at = self.around.get(&scope).copied().filter(|around| *around != ROOT);
            }
        }
        within
    }
}

impl Check<'_> {
    pub(super) fn process(&mut self, process: &ProcessRecord) -> StoreResult<()> {
        self.flows.insert(process.flow.clone());
        self.starters.extend(process.started_by.clone());
        self.outcomes.extend(process.outcome.clone());
        self.places_of_process(process)?;
        // When a process is being forgotten, its first events and tasks are gone already.
        let first = self.store.events(process.id, 0, 1)?.first().map_or(process.events + 1, |event| event.number);
        let forgotten = process.status.is_final() && process.events > 0 && first > 1;
        let told = self.events(process, if forgotten { first - 1 } else { 0 })?;
        let scopes = self.open_scopes(process)?;
        let mut tally = Tally {
            live: BTreeMap::new(),
            joined: BTreeSet::new(),
            open: 0,
            conditions: 0,
            done: BTreeMap::new(),
            around: BTreeMap::new(),
        };
        let mut tasks = Tasks::new();
        let (mut after, mut last) = (0, if forgotten { None } else { Some(0) });
        loop {
            let page = self.store.tasks(process.id, after, PAGE)?;
            let Some(end) = page.last() else { break };
            after = end.id.ordinal;
            for task in page {
                let before = last.replace(task.id.ordinal);
                if before.is_some_and(|before| before + 1 != task.id.ordinal) {
                    self.complain(format!("process {} has no task before {}", process.id, task.id));
                }
                self.task(process, &task, &scopes, &mut tally)?;
                tasks.insert(task.id.ordinal, task);
            }
        }
        if last.is_some_and(|last| last != process.tasks) {
            self.complain(format!("process {} should have {} tasks and has {after}", process.id, process.tasks));
        }
        self.totals(process, &scopes, &tally);
        self.last_events(&tasks, &told);
        self.past(process, &tasks, &told.finished)
    }

    fn totals(&mut self, process: &ProcessRecord, scopes: &BTreeMap<u32, ScopeRecord>, tally: &Tally) {
        let id = process.id;
        match process.status.is_final() {
            false if tally.open == 0 => self.complain(format!("process {id} runs and has no open task")),
            false if !scopes.contains_key(&ROOT) => self.complain(format!("process {id} runs and its scope is closed")),
            true if tally.open > 0 => {
                self.complain(format!("process {id} is {} and has {} open tasks", process.status, tally.open));
            }
            true if !scopes.is_empty() => {
                self.complain(format!("process {id} is {} and has open scopes", process.status));
            }
            _ => {}
        }
        if process.conditions != tally.conditions {
            let (counted, are) = (process.conditions, tally.conditions);
            self.complain(format!(
                "process {id} counts {counted} tasks that wait for a condition, and there are {are}"
            ));
        }
        let done = tally.done_within();
        for (number, scope) in scopes {
            let wanted = done.get(number).cloned().unwrap_or_default();
            if let Some(counted) = scope.done.as_ref().filter(|counted| **counted != wanted) {
                self.complain(format!(
                    "scope {number} of process {id} counts {counted:?} done, and there are {wanted:?}"
                ));
            }
            let inner = scopes.values().filter(|inner| inner.parent == Some(*number)).count() as u64;
            let live = tally.live.get(number).copied().unwrap_or(0) + inner;
            if scope.live != live {
                self.complain(format!(
                    "scope {number} of process {id} counts {} alive, and there are {live}",
                    scope.live
                ));
            }
        }
    }

    fn places_of_process(&mut self, process: &ProcessRecord) -> StoreResult<()> {
        let id = process.id;
        let (before, after) = (ProcessId(id.0.saturating_sub(1)), ProcessId(id.0.saturating_add(1)));
        for list in process_lists(process) {
            let from = if list.is_newest_first() { after } else { before };
            if self.store.list_processes(&list, Some(from), 1)? != [id] {
                self.complain(format!("process {id} does not stand in {list:?}"));
            }
        }
        if let Some(place) = ended(process)
            && self.store.ended(Some(Ended { process: before, ..place }), 1)? != [place]
        {
            self.complain(format!("process {id} does not stand among those that are over"));
        }
        let Some(parent) = process.parent else { return Ok(()) };
        let host = self.store.task(parent)?;
        match host {
            None => self.complain(format!("process {id} is a sub-process of task {parent}, which is missing")),
            Some(host) if host.status.is_final() && !process.status.is_final() => {
                self.complain(format!("process {id} runs, and task {parent} that ran it is {}", host.status));
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// The events follow each other, and each task is finished once, and once more after it was reopened.
    fn events(&mut self, process: &ProcessRecord, mut last: u32) -> StoreResult<Told> {
        let (id, mut finished) = (process.id, BTreeSet::new());
        let mut told = Told { forgotten: last, ..Told::default() };
        loop {
            let page = self.store.events(id, last, PAGE)?;
            if page.is_empty() {
                break;
            }
            for event in page {
                if event.number != last + 1 {
                    self.complain(format!("process {id} has no event before {}", event.number));
                }
                last = event.number;
                self.events.insert((id, event.number, event.actor.clone()));
                told.last.extend(event.event.kind.task().map(|task| (task, last)));
                match event.event.kind {
                    EventKind::TaskFinished { task, node, .. } | EventKind::TaskSkipped { task, node } => {
                        told.finished.insert(task, last);
                        if !finished.insert(task) {
                            self.complain(format!("task {id}/{task} (`{node}`) was finished twice"));
                        }
                    }
                    EventKind::TaskReopened { task, .. } => drop(finished.remove(&task)),
                    _ => {}
                }
            }
        }
        if last != process.events {
            self.complain(format!("process {id} should have {} events and has {last}", process.events));
        }
        Ok(told)
    }

    fn open_scopes(&mut self, process: &ProcessRecord) -> StoreResult<BTreeMap<u32, ScopeRecord>> {
        let mut scopes = BTreeMap::new();
        let mut after = None;
        loop {
            let page = self.store.scopes(process.id, after, PAGE)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.number);
            scopes.extend(page.into_iter().map(|(id, scope)| (id.number, scope)));
        }
        for (number, scope) in &scopes {
            let what = format!("scope {number} of process {}", process.id);
            if *number > process.scopes {
                self.complain(format!("{what} is not counted by its process"));
            }
            if scope.parent.is_none() != (*number == ROOT) || scope.parent.is_some_and(|of| !scopes.contains_key(&of)) {
                self.complain(format!("{what} is not within an open scope"));
            }
            let task = |ordinal| self.store.task(TaskId { process: process.id, ordinal });
            let split = scope.split.as_ref().map(|(_, split)| task(*split)).transpose()?.flatten();
            if scope.split.is_some() && split.is_none_or(|split| split.status.is_final()) {
                self.complain(format!("{what} is open, and the task that opened it is not"));
            }
            let join = scope.join.map(task).transpose()?.flatten();
            if scope.join.is_some() && join.is_none_or(|join| join.around != Some(*number) || join.status.is_final()) {
                self.complain(format!("{what} is open, and the task at its join is not"));
            }
            if self.store.scope(ScopeId { process: process.id, number: *number })?.as_ref() != Some(scope) {
                self.complain(format!("{what} is not found by its number"));
            }
        }
        Ok(scopes)
    }

    fn task(
        &mut self,
        process: &ProcessRecord,
        task: &TaskRecord,
        scopes: &BTreeMap<u32, ScopeRecord>,
        tally: &mut Tally,
    ) -> StoreResult<()> {
        let id = task.id;
        if task.flow != process.flow {
            self.complain(format!("task {id} is of flow `{}`, its process of `{}`", task.flow, process.flow));
        }
        self.people.extend(task.people().chain(&task.barred).cloned());
        self.places_of_task(task)?;
        if task.kind == Kind::Join && task.around.is_some_and(|around| !tally.joined.insert(around)) {
            self.complain(format!("task {id} joins a scope that another task has joined"));
        }
        if let Some(around) = task.around.filter(|_| task.kind.is_split()) {
            tally.around.insert(around, task.scope);
        }
        if task.status == TaskStatus::Done && !task.skipped {
            *tally.done.entry(task.scope).or_default().entry(task.node.clone()).or_default() += 1;
        }
        if task.status.is_final() {
            return Ok(());
        }
        tally.open += 1;
        if task.suspended != (process.status == ProcessStatus::Suspended) {
            self.complain(format!("task {id} is suspended otherwise than its process is"));
        }
        if !scopes.contains_key(&task.scope) {
            self.complain(format!("task {id} is open, and its scope {} is not", task.scope));
        }
        // A split, or a join that waits, is no token while its scope is open: the scope is counted itself.
        let stands_for_scope = task.around.is_some_and(|around| scopes.contains_key(&around));
        *tally.live.entry(task.scope).or_default() += u64::from(!stands_for_scope);
        if task.status != TaskStatus::Error {
            self.waits(task, tally);
        }
        if task.kind.has_children() && matches!(task.status, TaskStatus::Started | TaskStatus::Error) {
            self.children(task)?;
            self.goes_on_with_children(task)?;
        }
        Ok(())
    }

    fn places_of_task(&mut self, task: &TaskRecord) -> StoreResult<()> {
        if self.store.task(task.id)?.as_ref() != Some(task) {
            self.complain(format!("task {} is a different one when it is read by its number", task.id));
        }
        let before = TaskId { ordinal: task.id.ordinal.saturating_sub(1), ..task.id };
        for (list, place) in task_lists(task) {
            if self.store.list_tasks(&list, Some(Cursor { task: before, ..place }), 1)? != [place] {
                let what = if list == TaskList::Due { ", and would never be looked at" } else { "" };
                self.complain(format!("task {} does not stand in {list:?}{what}", task.id));
            }
        }
        Ok(())
    }

    /// Checks that the conditions a task waits for are counted, and that the engine will look at the task in time.
    fn waits(&mut self, task: &TaskRecord, tally: &mut Tally) {
        match &task.waits_for {
            Some(WaitsFor::Condition { .. }) => tally.conditions += 1,
            Some(WaitsFor::Message { name, key }) => {
                let counted = self.waiting.entry((name.clone(), key.clone())).or_default();
                *counted = (counted.0 + 1, counted.1 + u64::from(task.suspended));
            }
            _ => {}
        }
        let times = task.timeouts.iter().map(|timeout| timeout.at).chain(task.job.and_then(|job| job.at));
        let times = times.chain(task.catch_up.then_some(Timestamp::from_millis(i64::MIN)));
        let late = times.min().is_some_and(|first| task.due.is_none_or(|due| due > first));
        if late || (task.kind == Kind::Timer && task.due.is_none()) {
            self.complain(format!("task {} has a time at which nobody looks at it", task.id));
        }
        let heard = task.kind == Kind::SignalCatch && task.message.is_some();
        if heard && !task.suspended && !task.catch_up {
            self.complain(format!("task {} has heard its signal, and does not go on", task.id));
        }
    }

    /// Checks that a sub-process at work has an open child, and that the first of them has begun.
    fn goes_on_with_children(&mut self, task: &TaskRecord) -> StoreResult<()> {
        if task.status != TaskStatus::Started || task.suspended || task.catch_up {
            return Ok(());
        }
        if task.children == 0 {
            self.complain(format!("task {} has no open sub-process, and does not go on", task.id));
        }
        let (list, mut after) = (ProcessList::Children(task.id), None);
        while let Some(child) = self.store.list_processes(&list, after, 1)?.pop() {
            after = Some(child);
            if self.store.process(child)?.is_some_and(|child| !child.status.is_final()) {
                let first = self.store.task(TaskId { process: child, ordinal: 1 })?;
                if first.is_some_and(|first| first.status == TaskStatus::New) {
                    self.complain(format!("process {child}, the next sub-process of task {}, does not begin", task.id));
                }
                break;
            }
        }
        Ok(())
    }

    fn children(&mut self, task: &TaskRecord) -> StoreResult<()> {
        let (list, mut after, mut open) = (ProcessList::Children(task.id), None, 0);
        loop {
            let page = self.store.list_processes(&list, after, PAGE)?;
            let Some(end) = page.last() else { break };
            after = Some(*end);
            for child in page {
                open += u32::from(self.store.process(child)?.is_some_and(|child| !child.status.is_final()));
            }
        }
        let listed = self.store.list_processes(&ProcessList::OpenChildren(task.id), None, usize::MAX)?.len();
        if listed != open as usize {
            self.complain(format!("task {} lists {listed} open sub-processes, and there are {open}", task.id));
        }
        if open != task.children {
            self.complain(format!(
                "task {} counts {} open sub-processes, and there are {open}",
                task.id, task.children
            ));
        }
        Ok(())
    }
}
