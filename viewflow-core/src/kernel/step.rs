//! A step: the processes it has come to, and how it reads and changes them.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde_json::Value;
use viewflow_store::{
    Document, EventKind, Permission, ProcessData, ProcessId, ProcessRecord, ScopeId, ScopeRecord, StoreError,
    TaskError, TaskId, TaskRecord, UserId,
};

use super::ROOT;
use super::advance::plain_spawn;
use crate::definition::{Data, Definition, Flows};
use crate::error::{Complaint, Error, FieldErrors, Place, Result};
use crate::unit::{Db, Unit};

/// The tasks that are to fail when they advance, and their errors. An earlier run of the same step found them.
pub(crate) type Faults = BTreeMap<TaskId, Fault>;

/// The error with which a task is to fail.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) error: TaskError,
    /// Whether handling the error failed as well.
    pub(crate) twice: bool,
}

pub(crate) struct Step {
    pub(super) flows: Arc<Flows>,
    pub(crate) db: Db,
    pub(super) faults: Faults,
    /// The processes the step has come to.
    pub(super) running: BTreeMap<ProcessId, Running>,
    /// Tasks that are ready to advance, in order. The number says how many tasks in a row led to each of them.
    pub(super) ready: VecDeque<(TaskId, u32)>,
    pub(super) depth: u32,
    /// The scopes that the step has closed, each with the scope around it.
    pub(super) closed: BTreeMap<ScopeId, u32>,
    /// The last end that a token of each process came to in this step.
    pub(super) ends: BTreeMap<ProcessId, String>,
    /// The tasks whose conditions are to be evaluated, whatever has changed.
    pub(super) asks: BTreeSet<TaskId>,
    /// How many conditions were found to hold.
    pub(super) held: usize,
}

pub(super) struct Running {
    pub(super) def: Arc<Definition>,
    /// The proxy of the process: there once it is opened, and while no activation has it.
    pub(super) proxy: Option<Box<dyn Any>>,
    /// The columns as the history last recorded them. If there are none: those with which the proxy was opened.
    pub(super) told: Option<Document>,
    /// Whether a handler had the proxy, or the process has just begun. A question changes nothing.
    pub(super) worked_on: bool,
    /// Whether its data has changed since its conditions were evaluated.
    pub(super) changed: bool,
    /// Whether its conditions were evaluated in this step.
    pub(super) asked: bool,
}

impl Running {
    fn new(def: &Arc<Definition>, proxy: Option<Box<dyn Any>>, told: Option<Document>) -> Self {
        Self { def: Arc::clone(def), worked_on: proxy.is_some(), proxy, told, changed: false, asked: false }
    }
}

/// What a process begins with.
#[derive(Default)]
pub(super) struct Begin {
    pub(super) parent: Option<TaskId>,
    pub(super) seed: Value,
    pub(super) data: Data,
}

impl Step {
    pub(crate) fn new(flows: Arc<Flows>, db: Db, faults: Faults) -> Self {
        Self {
            flows,
            db,
            faults,
            running: BTreeMap::new(),
            ready: VecDeque::new(),
            depth: 0,
            closed: BTreeMap::new(),
            ends: BTreeMap::new(),
            asks: BTreeSet::new(),
            held: 0,
        }
    }

    pub(super) fn definition(&self, flow: &str) -> Result<Arc<Definition>> {
        self.flows.get(flow).cloned().ok_or_else(|| Error::NoFlow(flow.to_owned()))
    }

    /// Begins a process at a start node, with the given input.
    pub(crate) fn start(
        &mut self,
        def: &Arc<Definition>,
        node: usize,
        owner: Option<UserId>,
        input: &dyn Any,
        allowed: &dyn Fn(Option<&Permission>) -> Result<()>,
    ) -> Result<ProcessId> {
        let id = self.begin(def, Begin::default())?;
        let spawn = plain_spawn(def, node)?;
        let task = self.add_task(id, &spawn, ROOT, None)?;
        self.change_task(task, |task| task.owner = owner)?;
        self.go_through(task, input)?;
        // The object of the permission is known once the form is submitted. Without the permission, the step fails as a
        // whole.
        allowed(self.permission_of(def, node, task)?.as_ref())?;
        self.drain()?;
        Ok(id)
    }

    /// Does an open task, and everything that follows.
    pub(crate) fn execute(&mut self, task: TaskId, input: &dyn Any) -> Result<()> {
        self.go_through(task, input)?;
        self.drain()
    }

    /// Makes a process that has no task yet.
    pub(super) fn begin(&mut self, def: &Arc<Definition>, begin: Begin) -> Result<ProcessId> {
        let id = self.db.unit(Unit::next_process)?;
        let (data, columns) = begin.data;
        let mut record = ProcessRecord::new(id, def.name, self.db.now());
        record.parent = begin.parent;
        record.started_by = self.db.actor();
        record.shape.clone_from(&def.shape);
        let mut data = ProcessData { seed: begin.seed, data, ..ProcessData::default() };
        let proxy = (def.process.open)(&record, &data, def.process.table.map(|_| columns.unwrap_or_default()))?;
        // Fills in defaults, so that they do not show up as changes. The data need not keep the rules before the start
        // has run.
        let told = (def.process.save)(&*proxy, &mut data).ok().flatten().map(|(_, columns)| columns);
        self.db.unit(|unit| {
            unit.add_process(record, data);
            unit.add_scope(ScopeId { process: id, number: ROOT }, ScopeRecord { live: 1, ..ScopeRecord::default() });
            unit.record(id, EventKind::ProcessStarted)
        })?;
        self.running.insert(id, Running::new(def, Some(proxy), told));
        Ok(id)
    }

    /// Returns the flow of a process. The step comes to the process, if it has not yet.
    pub(super) fn def_of(&mut self, id: ProcessId) -> Result<Arc<Definition>> {
        if let Some(running) = self.running.get(&id) {
            return Ok(Arc::clone(&running.def));
        }
        let flow = self.db.unit(|unit| unit.process(id).map(|process| process.flow.clone()))?;
        let def = self.definition(&flow)?;
        self.running.insert(id, Running::new(&def, None, None));
        Ok(def)
    }

    /// Returns the flow and the node of a task.
    pub(super) fn node_of(&mut self, task: &TaskRecord) -> Result<(Arc<Definition>, usize)> {
        let def = self.def_of(task.id.process)?;
        let index = def.find(&task.node).ok_or_else(|| Error::NoNode {
            flow: task.flow.clone(),
            node: task.node.clone(),
            what: "any more",
        })?;
        Ok((def, index))
    }

    /// Begins another command within this step. The limit of tasks made one after the other holds for each command.
    pub(crate) fn begin_anew(&mut self) {
        self.depth = 0;
    }

    /// Advances tasks until every token waits, and no awaited condition holds.
    pub(crate) fn drain(&mut self) -> Result<()> {
        self.advance_all()?;
        while self.ask_conditions()? {}
        Ok(())
    }

    /// Writes all processes back, which completes the step.
    pub(crate) fn finish(mut self) -> Result<()> {
        let running = std::mem::take(&mut self.running);
        running.iter().try_for_each(|(id, running)| self.save(*id, running))?;
        self.db.unit(Unit::tell_the_rest);
        Ok(())
    }

    /// Writes a process back, if a handler may have changed it.
    pub(super) fn save(&self, id: ProcessId, running: &Running) -> Result<()> {
        let Running { def, proxy: Some(proxy), worked_on: true, .. } = running else { return Ok(()) };
        let proxy = &**proxy;
        let columns = self.db.unit(|unit| (def.process.save)(proxy, unit.change_process_data(id)?))?;
        let (Some(table), Some((before, mut columns))) = (def.process.table, columns) else { return Ok(()) };
        let specs = def.process.columns();
        self.db
            .unit(|unit| {
                // A deletion in this step may have set a column to none, which the proxy does not know.
                let now = unit.row_copy(table, id.0)?.unwrap_or_default().data;
                for key in specs.iter().filter_map(|spec| spec.key.first()) {
                    if columns.get(*key) == before.get(*key)
                        && let Some(value) = now.get(*key)
                    {
                        columns.insert((*key).to_owned(), value.clone());
                    }
                }
                let row = crate::data::table::row_of(&specs, columns);
                if unit.row(table, id.0)? == Some(&row) { Ok(()) } else { unit.write_columns(table, id.0, row) }
            })
            .map_err(|error| of_a_process(error, def, id))
    }

    /// Returns the error with which a task is to fail, if there is one.
    pub(super) fn fault(&self, id: TaskId) -> Option<TaskError> {
        self.faults.get(&id).map(|fault| fault.error.clone())
    }

    /// Notes that a failure from here on is the fault of this task. Returns the task noted before.
    pub(super) fn blame(&self, task: TaskId) -> Option<TaskId> {
        self.db.unit(|unit| unit.blame(task))
    }

    pub(super) fn record(&self, process: ProcessId, kind: EventKind) -> Result<()> {
        self.db.unit(|unit| unit.record(process, kind))
    }

    pub(super) fn task(&self, id: TaskId) -> Result<TaskRecord> {
        self.db.unit(|unit| unit.task(id).cloned())
    }

    pub(super) fn change_task<R>(&self, id: TaskId, change: impl FnOnce(&mut TaskRecord) -> R) -> Result<R> {
        self.db.unit(|unit| unit.change_task(id).map(change))
    }

    pub(super) fn scope(&self, process: ProcessId, number: u32) -> Result<ScopeRecord> {
        self.db.unit(|unit| unit.scope(ScopeId { process, number }).cloned())
    }

    pub(super) fn open_scope_record(&self, process: ProcessId, number: u32) -> Result<Option<ScopeRecord>> {
        self.db.unit(|unit| unit.open_scope(ScopeId { process, number }).map(Option::<&ScopeRecord>::cloned))
    }

    pub(super) fn change_scope<R>(
        &self,
        process: ProcessId,
        number: u32,
        change: impl FnOnce(&mut ScopeRecord) -> R,
    ) -> Result<R> {
        self.db.unit(|unit| unit.change_scope(ScopeId { process, number }).map(change))
    }
}

/// Rewrites an error about the columns of a process as an error about its fields: their table is an internal matter.
fn of_a_process(error: Error, def: &Definition, id: ProcessId) -> Error {
    let named = |key: &str| {
        let specs = def.process.fields.iter();
        let mut named = specs.filter(|spec| spec.column && spec.key.first() == Some(&key)).map(|spec| spec.name);
        named.next().unwrap_or(key).to_owned()
    };
    match error.with_unique_named(named) {
        Error::NotUnique { table, field, value, row, also, errors, .. } => {
            Error::NotUnique { table, field, value, row, process: Some(id), also, errors }
        }
        Error::NoRow { table, id, field: Some(field) } => {
            Error::NoRow { table, id, field: field.rsplit_once('.').map(|(_, key)| named(key)) }
        }
        Error::Store(StoreError::KeyTooLong { field, max, .. }) => {
            let complaint = Complaint::new("too_long", format!("has an index and takes at most {max} bytes"));
            let mut errors = FieldErrors::default();
            errors.add(named(&field), complaint.with("max", max));
            Error::Data { at: Box::new(Place::Process { flow: def.name.to_owned(), process: id }), errors }
        }
        error => error,
    }
}
