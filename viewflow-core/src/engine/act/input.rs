//! What is handed in to a node: a form, or what code gives; and doing a task with it.

use std::any::Any;

use crate::data::document::is_blank;
use crate::data::form::{Form, check_tables};
use crate::definition::FormDef;
use crate::engine::{Engine, gate};
use crate::error::{Error, Place, Result};
use crate::id::TaskId;
use crate::kernel::{self, Step};
use crate::lifecycle::Action;
use crate::people::User;
use crate::store::{Document, TaskRecord};
use crate::unit::Db;

/// Makes a node's input, given its form.
pub(in crate::engine) type InputOf<'a> = dyn Fn(Option<&FormDef>, &Db) -> Result<Box<dyn Any>> + 'a;

impl Engine {
    /// Does a task, for pages and terminals: with a form as JSON.
    ///
    /// # Errors
    /// [`Error::Form`] when the form is not filled in right, [`Error::NotOwner`] and [`Error::WrongStatus`] when the
    /// person does not have the task, [`Error::Forbidden`] when the person took it and may not have it any more.
    pub fn execute_with(&self, id: TaskId, user: &impl User, form: &Document) -> Result<()> {
        self.execute_form(id, user, &|form_def, db| parse_form(form_def, form, db))
    }

    pub(crate) fn execute_form(&self, id: TaskId, user: &dyn User, input: &InputOf<'_>) -> Result<()> {
        self.gated(id, Action::Execute, user, |step, task| self.execute(step, task, input))
    }

    pub(crate) fn run_handle(&self, id: TaskId, input: &InputOf<'_>) -> Result<()> {
        self.foreground(Some(id.process), None, |step, db| {
            let task = db.unit(|unit| unit.task(id).cloned())?;
            gate::pass_code(Action::Run, &task)?;
            kernel::check_goes_on(db, id.process)?;
            self.execute(step, &task, input)
        })
    }

    fn execute(&self, step: &mut Step, task: &TaskRecord, input: &InputOf<'_>) -> Result<()> {
        let def = self.definition(&task.flow)?;
        let form = def.find(&task.node).and_then(|index| def.nodes[index].form.as_ref());
        let input = input(form, &step.db).map_err(|error| error.at(|| Place::of_task(task)))?;
        step.execute(task.id, &*input)
    }
}

pub(crate) fn check_form<Fm: Form>(def: Option<&FormDef>, form: &Fm, db: &Db) -> Result<()> {
    match def {
        Some(def) => Ok((def.check)(form, db)?.into_result()?),
        None => Ok(()),
    }
}

pub(in crate::engine) fn parse_form(def: Option<&FormDef>, sent: &Document, db: &Db) -> Result<Box<dyn Any>> {
    let def = def.ok_or(Error::Internal("a node without a form"))?;
    match (def.parse)(sent) {
        Ok(form) => {
            (def.check)(&*form, db)?.into_result()?;
            Ok(form)
        }
        Err(mut errors) => {
            // What else is wrong is told at once.
            let filled = sent.iter().filter(|(_, value)| !is_blank(value));
            let filled = filled.map(|(name, value)| (name.clone(), value.clone())).collect();
            check_tables(def.fields, &filled, db, &mut errors)?;
            Err(errors.into())
        }
    }
}
