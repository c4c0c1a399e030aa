//! Actions of a person on tasks and processes.

use serde_json::Value;
use viewflow_store::{Document, NodeName, ProcessId, TaskId, TaskRecord};

use super::sight::with_draft_seen;
use super::{Acted, Desk, ProcessCommand, TaskCommand};
use crate::data::form::{self, FormSpec};
use crate::engine::act::input::{Asked, Sent};
use crate::engine::act::{lifecycle, people};
use crate::engine::gate;
use crate::error::{Error, FieldErrors, Place, Result};
use crate::kernel::{self, Child, Step};
use crate::lifecycle::Action;
use crate::people::Person;
use crate::unit::Db;

impl Desk<'_> {
    /// Does something to a task.
    ///
    /// ```
    /// # use viewflow_core::{Engine, MemoryStore, Superuser, TaskId, ProcessId, Error, desk::TaskCommand};
    /// # let engine = Engine::builder(MemoryStore::new()).build()?;
    /// # let task = TaskId { process: ProcessId(1), ordinal: 2 };
    /// let command: TaskCommand = serde_json::from_str(r#"{"action": "set_priority", "priority": 5}"#).unwrap();
    /// let acted = engine.desk(&Superuser::new("ann")).because("the customer waits").act(task, &command);
    /// assert!(matches!(acted, Err(Error::NoTask(_))));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoTask`], also when this person may not see the task.
    /// [`Error::Forbidden`], [`Error::NotOwner`] and [`Error::WrongStatus`] when the table of the life cycle does not
    /// allow the action.
    /// Else as the method of [`Engine`](crate::Engine) of that name.
    pub fn act(&self, task: TaskId, command: &TaskCommand) -> Result<Acted> {
        let sent = Sent::default();
        let acted = self.step_once(command.action(), Some(task.process), &("task", task, command), |step, db| {
            self.act_within(step, db, task, command, &sent)
        });
        acted.map_err(|error| sent.complaint(error))
    }

    /// As [`Desk::act`], within a step.
    pub(super) fn act_within(
        &self,
        step: &mut Step,
        db: &Db,
        task: TaskId,
        command: &TaskCommand,
        sent: &Sent,
    ) -> Result<Acted> {
        let record = self.passed(db, task, command.action())?;
        let acted = self.carry_out(step, &record, command, sent)?;
        let task = acted.task.unwrap_or(task);
        let tag = db.unit(|unit| unit.task(task).map(|task| task.event))?;
        Ok(Acted { tag: Some(tag), ..acted })
    }

    /// Does something to a process.
    ///
    /// # Errors
    /// [`Error::NoProcess`], also when this person may not see the process.
    /// [`Error::Forbidden`], [`Error::ProcessIsOver`], [`Error::Suspended`] and [`Error::NotSuspended`] when the table
    /// of the life cycle does not allow the action.
    /// Else as the method of [`Engine`](crate::Engine) of that name.
    pub fn act_on(&self, process: ProcessId, command: &ProcessCommand) -> Result<Acted> {
        self.step_once(command.action(), Some(process), &("process", process, command), |step, db| {
            let person = self.person(command.action())?;
            let record = self.process_in_step(db, &person, process)?;
            gate::pass_process(command.action(), &person, &record)?;
            match command {
                ProcessCommand::Cancel => step.cancel(process).map(|()| Acted::default()),
                ProcessCommand::Suspend => step.suspend(process).map(|()| Acted::default()),
                ProcessCommand::Resume => step.resume(process).map(|()| Acted::default()),
                ProcessCommand::GoBack { node } => {
                    let name = self.node_named(&record.flow, node, "to which somebody goes back")?;
                    lifecycle::go_back_to_node(step, process, &name).map(Acted::task)
                }
            }
        })
    }

    /// Does a task with a form.
    ///
    /// A field that is left out stays as [`Desk::form`] shows it, with the task's draft.
    /// A field that is null is emptied, as by a JSON merge patch (RFC 7396).
    /// That goes for nested structs and maps, too. Lists are replaced as a whole, and so is a field that takes any
    /// JSON.
    ///
    /// # Errors
    /// [`Error::Form`] when the form is not filled in right, and as [`Desk::act`].
    pub fn execute(&self, task: TaskId, form: &Document) -> Result<()> {
        self.act(task, &TaskCommand::Execute { form: form.clone() }).map(drop)
    }

    /// Keeps the input for a task's form so far, unchecked, for the person who has the task: [`Desk::form`] shows it.
    /// It is gone when the task is done, or becomes another person's.
    /// A field that is left out stays as it was drafted before, and a field that is null is drafted as empty.
    ///
    /// # Errors
    /// [`Error::Form`] when a value is nested deeper than a store keeps, and as [`Desk::act`].
    pub fn draft(&self, task: TaskId, form: &Document) -> Result<()> {
        self.act(task, &TaskCommand::Draft { form: form.clone() }).map(drop)
    }

    /// The form of an open task, described as data for this person, with what they can choose. It is filled in with
    /// what is stored, and over that with the task's draft.
    ///
    /// # Errors
    /// [`Error::NoTask`], also when this person may not see the task. [`Error::NoNode`] when no person does such tasks.
    pub fn form(&self, task: TaskId) -> Result<FormSpec> {
        self.on_form(task, |asked, title| form::describe(title, asked.described(), asked.db, self, &asked.shown()?))
    }

    /// The form of an open task with the values that this person sends now, and the complaints about them.
    ///
    /// The values sent stand over the stored and drafted ones, and the complaints are those that sending them would
    /// bring.
    /// Nothing is written: [`Desk::draft`] keeps it.
    ///
    /// A face that goes from page to page keeps the input so far as a draft. It goes on when
    /// [`Filled::of_page`](crate::form::Filled::of_page) has no complaint.
    ///
    /// # Errors
    /// As [`Desk::form`]; [`Error::Form`] when a value is nested deeper than a store keeps.
    pub fn fill_in(&self, task: TaskId, form: &Document) -> Result<form::Filled> {
        self.on_form(task, |asked, title| asked.filled(title, self, form))
    }

    /// Asks the form of a task something, with its title, as far as this person sees the task and its draft.
    fn on_form<R>(&self, task: TaskId, ask: impl Fn(&Asked<'_>, &str) -> Result<R>) -> Result<R> {
        let person = Person::of(self);
        let may = |record: &TaskRecord| self.may_see(&person, record);
        self.engine.on_form(task, may, |asked, title| ask(&with_draft_seen(&person, *asked), title))
    }

    /// The task, if this person may do that to it.
    fn passed(&self, db: &Db, task: TaskId, action: Action) -> Result<TaskRecord> {
        let person = self.person(action)?;
        let record = self.task_in_step(db, &person, task)?;
        self.is_as_seen(&record)?;
        if action == Action::GoBack {
            let process = db.unit(|unit| unit.process(task.process).cloned())?;
            gate::pass_process(action, &person, &process)?;
        } else {
            gate::pass(action, &person, &record)?;
            kernel::check_goes_on(db, task.process)?;
        }
        Ok(record)
    }

    /// Nothing has happened to the task since the person saw it, if that was told.
    fn is_as_seen(&self, task: &TaskRecord) -> Result<()> {
        match self.seen {
            Some(seen) if seen != task.event => {
                Err(Error::Overtaken { at: Place::of_task(task), seen, now: task.event })
            }
            _ => Ok(()),
        }
    }

    /// The person at the desk, unless they may do nothing at all.
    pub(super) fn person(&self, action: Action) -> Result<Person<'_>> {
        let person = Person::of(self);
        gate::pass_active(action, &person)?;
        Ok(person)
    }

    fn carry_out(&self, step: &mut Step, task: &TaskRecord, command: &TaskCommand, sent: &Sent) -> Result<Acted> {
        let id = task.id;
        match command {
            TaskCommand::Assign => people::take(step, task, self)?,
            TaskCommand::Unassign => kernel::unassign(&step.db, id)?,
            TaskCommand::Reassign { to } => people::give(step, task, self, &*self.person_named(to)?)?,
            TaskCommand::Delegate { to } => people::hand_on(step, task, self, &*self.person_named(to)?)?,
            TaskCommand::Draft { form } => lifecycle::draft(&self.engine, step, task, form)?,
            TaskCommand::Execute { form } => self.submit(step, task, form, sent)?,
            TaskCommand::SetDueDate { at } => people::reschedule(step, task, |task| task.due_date = *at)?,
            TaskCommand::SetPriority { priority } => people::reschedule(step, task, |task| task.priority = *priority)?,
            TaskCommand::SetFollowUp { at } => people::reschedule(step, task, |task| task.follow_up = *at)?,
            TaskCommand::CancelTask => step.cancel_one(id)?,
            TaskCommand::Skip => step.skip(id)?,
            TaskCommand::Retry => return step.retry(id).map(Acted::task),
            TaskCommand::Revive => return step.revive(id).map(Acted::task),
            TaskCommand::Undo => return step.undo(id).map(Acted::task),
            TaskCommand::GoBack => return step.go_back(id).map(Acted::task),
            TaskCommand::Move { to } => {
                let to = NodeName::new(&task.flow, to);
                return step.move_to(id, &to).map(Acted::task);
            }
            TaskCommand::Run { input } => self.submit(step, task, input, sent)?,
            TaskCommand::AddChild { seed, data } => return self.add_child(step, task, seed, data).map(Acted::process),
        }
        Ok(Acted::default())
    }

    fn submit(&self, step: &mut Step, task: &TaskRecord, form: &Document, sent: &Sent) -> Result<()> {
        self.engine.execute(step, task, &|asked| asked.parse(self, form), sent)
    }

    fn add_child(&self, step: &mut Step, task: &TaskRecord, seed: &Value, data: &Document) -> Result<ProcessId> {
        let def = self.engine.definition(&task.flow)?;
        let node = def.find(&task.node).map(|index| &def.nodes[index]);
        let child = node.and_then(|node| node.wait.children()).ok_or(Error::Internal("a sub-process"))?;
        let flow = self.engine.definition(child.flow)?;
        let mut errors = FieldErrors::default();
        form::check_tables(flow.process.fields, data, None, &step.db, self, &mut errors)?;
        let mut errors = errors.under("data");
        match (flow.process.sent)(seed, data) {
            Ok((process_seed, process_data)) if errors.is_empty() => {
                step.add_child(task.id, Child { process_seed, process_data: Some(process_data), ..Child::default() })
            }
            sent => {
                errors.extend(sent.err().unwrap_or_default());
                Err(Error::Form { at: Box::new(Place::NewProcess { flow: child.flow.to_owned() }), errors })
            }
        }
    }

    /// A node of a flow by its stored name.
    fn node_named(&self, flow: &str, node: &str, what: &'static str) -> Result<NodeName> {
        let name = NodeName::new(flow, node);
        let known = self.engine.definition(flow)?.find(node).is_some();
        if known { Ok(name) } else { Err(crate::engine::no_node(&name, what)) }
    }
}

impl Acted {
    /// This task is open now.
    pub(super) fn task(task: TaskId) -> Self {
        Self { task: Some(task), ..Self::default() }
    }

    /// This process was begun.
    pub(super) fn process(process: ProcessId) -> Self {
        Self { process: Some(process), ..Self::default() }
    }
}
