//! Starting sub-processes, and going on when they end.

use serde_json::Value;
use viewflow_graph::Kind;
use viewflow_store::{Document, ProcessId, ProcessStatus, TaskError, TaskId, TaskRecord, TaskStatus};

use super::Step;
use super::advance::plain_spawn;
use super::step::Begin;
use crate::definition::{ChildDef, ChildItems, Data, Definition, Wait};
use crate::error::{Error, Result};

/// The data with which a child and its first task begin.
#[derive(Clone, Default)]
pub(crate) struct Child {
    pub(crate) process_seed: Value,
    pub(crate) process_data: Option<Data>,
    pub(crate) task_seed: Value,
    pub(crate) task_data: Option<Document>,
}

impl Step {
    /// Makes the children of a sub-process. If there are none, the sub-process is done.
    pub(super) fn start_children(&mut self, task: &TaskRecord) -> Result<()> {
        let (def, index) = self.node_of(task)?;
        let node = &def.nodes[index];
        let Wait::Children(child) = &node.wait else { return Err(Error::Internal("a sub-process")) };
        let children = self.ask(node, task, |_, activation| children_of(child, &def, activation))?;
        if children.is_empty() {
            return self.go_through(task.id, &());
        }
        let count = u32::try_from(children.len()).unwrap_or(u32::MAX);
        self.change_task(task.id, |task| {
            task.status = TaskStatus::Started;
            task.children = count;
        })?;
        for (number, begin) in children.into_iter().enumerate() {
            let start = self.make_child(task.id, child, begin)?;
            if number == 0 || !child.sequential {
                self.make_ready(start);
            }
        }
        Ok(())
    }

    /// Makes a child with its first task, which does not advance yet.
    fn make_child(&mut self, parent: TaskId, child: &ChildDef, begin: Child) -> Result<TaskId> {
        let def = self.definition(child.flow)?;
        let start = def.find(child.start).filter(|node| def.nodes[*node].kind.is_start());
        let start = start.ok_or_else(|| Error::NoNode {
            flow: child.flow.to_owned(),
            node: child.start.to_owned(),
            what: "at which a sub-process starts",
        })?;
        let Child { process_seed, process_data, task_seed, task_data } = begin;
        let data = process_data.unwrap_or_default();
        let id = self.begin(&def, Begin { parent: Some(parent), seed: process_seed, data })?;
        let mut spawn = plain_spawn(&def, start)?;
        spawn.seed = task_seed;
        spawn.data = task_data.unwrap_or(spawn.data);
        self.add_task(id, &spawn, super::ROOT, None)
    }

    /// Adds a child to a sub-process that has not ended.
    pub(crate) fn add_child(&mut self, parent: TaskId, begin: Child) -> Result<ProcessId> {
        let task = self.task(parent)?;
        let (def, index) = self.node_of(&task)?;
        let Wait::Children(child) = &def.nodes[index].wait else { return Err(Error::Internal("a sub-process")) };
        let start = self.make_child(parent, child, begin)?;
        self.change_task(parent, |task| task.children += 1)?;
        // In a sequence the child waits for its turn, unless no other child is open.
        if !child.sequential || task.children == 0 {
            self.make_ready(start);
        }
        self.drain()?;
        Ok(start.process)
    }

    /// Returns the first task of the first open child, if that child has not begun. Children made in this step come
    /// into question only if they come after `after`.
    fn next_in_sequence(&mut self, parent: TaskId, after: Option<ProcessId>) -> Result<Option<TaskId>> {
        let Some(child) = self.db.unit(|unit| unit.open_children(parent, after, 1))?.pop() else { return Ok(None) };
        let first = TaskId { process: child, ordinal: 1 };
        Ok((self.task(first)?.status == TaskStatus::New).then_some(first))
    }

    /// Handles the end of a child: its parent goes on, or fails with it.
    pub(super) fn child_ended(
        &mut self,
        parent: TaskId,
        child: ProcessId,
        status: ProcessStatus,
        code: Option<String>,
    ) -> Result<()> {
        let task = self.task(parent)?;
        if task.status.is_final() {
            return Ok(());
        }
        let left = self.change_task(parent, |task| {
            task.children = task.children.saturating_sub(1);
            task.children
        })?;
        if task.suspended {
            // The parent looks at its children when it is resumed.
            return Ok(());
        }
        let error = match status {
            ProcessStatus::Failed => {
                let message = format!("its sub-process {child} failed with `{}`", code.as_deref().unwrap_or_default());
                Some(TaskError { code, message })
            }
            ProcessStatus::Canceled if task.kind == Kind::Subprocess && left == 0 => Some(was_canceled(child)),
            _ => None,
        };
        if let Some(error) = error {
            // A parent that has failed already waits for a person to look at it.
            return if task.status == TaskStatus::Error { Ok(()) } else { self.fail_or_take_way(&task, error) };
        }
        if task.status == TaskStatus::Error {
            return Ok(());
        }
        self.go_on_with_children(&task, left, Some(child))
    }

    /// Goes on with a sub-process when all its children have ended, or begins the next child of a sequence.
    fn go_on_with_children(&mut self, task: &TaskRecord, left: u32, after: Option<ProcessId>) -> Result<()> {
        if left == 0 {
            self.make_ready(task.id);
            return Ok(());
        }
        let (def, index) = self.node_of(task)?;
        if matches!(&def.nodes[index].wait, Wait::Children(ChildDef { sequential: true, .. }))
            && let Some(next) = self.next_in_sequence(task.id, after)?
        {
            // The next child does not follow from the last one, so it starts at the lowest depth.
            self.ready.push_back((next, 1));
        }
        Ok(())
    }

    /// Catches up with children that ended while their parent was suspended.
    pub(super) fn look_at_children(&mut self, task: &TaskRecord) -> Result<()> {
        if task.status != TaskStatus::Started {
            return Ok(());
        }
        if task.children == 0
            && task.kind == Kind::Subprocess
            && let Some(child) = self.db.unit(|unit| unit.children(task.id))?.pop()
        {
            return self.fail_or_take_way(task, was_canceled(child));
        }
        self.go_on_with_children(task, task.children, None)
    }
}

fn was_canceled(child: ProcessId) -> TaskError {
    TaskError { code: Some("canceled".to_owned()), message: format!("its sub-process {child} was canceled") }
}

/// Returns what each of the children begins with.
fn children_of(child: &ChildDef, def: &Definition, activation: &dyn std::any::Any) -> Result<Vec<Child>> {
    let flow = &*def.flow;
    let all = Child {
        process_seed: child.process_seed.as_ref().map_or(Ok(Value::Null), |seed| seed(flow, activation))?,
        process_data: child.process_data.as_ref().map(|data| data(flow, activation)).transpose()?,
        task_seed: child.task_seed.as_ref().map_or(Ok(Value::Null), |seed| seed(flow, activation))?,
        task_data: child.task_data.as_ref().map(|data| data(flow, activation)).transpose()?,
    };
    Ok(match &child.items {
        None => vec![all],
        Some(ChildItems::ProcessSeeds(seeds)) => {
            let seeds = seeds(flow, activation)?.into_iter();
            seeds.map(|process_seed| Child { process_seed, ..all.clone() }).collect()
        }
        Some(ChildItems::ProcessData(items)) => {
            let items = items(flow, activation)?.into_iter();
            items.map(|data| Child { process_data: Some(data), ..all.clone() }).collect()
        }
        Some(ChildItems::TaskSeeds(seeds)) => {
            let seeds = seeds(flow, activation)?.into_iter();
            seeds.map(|task_seed| Child { task_seed, ..all.clone() }).collect()
        }
        Some(ChildItems::TaskData(items)) => {
            let items = items(flow, activation)?.into_iter();
            items.map(|data| Child { task_data: Some(data), ..all.clone() }).collect()
        }
    })
}
