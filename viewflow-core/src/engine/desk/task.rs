//! A task whole.

use serde::Serialize;
use viewflow_store::{Document, ProcessRecord, TaskId, TaskRecord};

use super::Desk;
use super::line::{ProcessLine, TaskLine};
use super::may::MayDo;
use super::shown::{Shower, ShownField};
use super::sight::{sees_draft, with_draft_seen};
use crate::data::form::{self, FormSpec};
use crate::engine::act::input::Asked;
#[cfg(doc)]
use crate::error::Error;
use crate::error::{Place, Result};
use crate::people::{Person, User};
use crate::unit::Db;

/// A task with all that a person needs to do it, or to see what came of it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TaskDetails {
    /// The task in a line.
    pub line: TaskLine,
    /// Its form, described for this person: with what they can choose, and filled in with what is stored and drafted.
    /// None where the task is over, and where nobody fills in a form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<FormSpec>,
    /// The draft of its owner, for the owner and for people who may view the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<Document>,
    /// Its own data.
    pub fields: Vec<ShownField>,
    /// What it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<ShownField>,
    /// What it came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<ShownField>,
    /// Its process in a line.
    pub process: ProcessLine,
    /// The data of its process, columns included.
    pub process_fields: Vec<ShownField>,
    /// The actions that this person may do with it now, and the reasons against the rest.
    pub actions: Vec<MayDo>,
}

impl Desk<'_> {
    /// A task whole, as it is for this person.
    ///
    /// # Errors
    /// [`Error::NoTask`] for a task that this person does not see.
    /// [`Error::Data`] for a task that its current types cannot read.
    pub fn task(&self, id: TaskId) -> Result<TaskDetails> {
        let person = Person::of(self);
        self.engine.transaction(|db| {
            let task = self.task_in_step(db, &person, id)?;
            let process = db.unit(|unit| unit.process(id.process).cloned())?;
            self.task_details(db, &person, &task, &process).map_err(|error| error.at(|| Place::of_task(&task)))
        })
    }

    fn task_details(
        &self,
        db: &Db,
        person: &Person,
        task: &TaskRecord,
        process: &ProcessRecord,
    ) -> Result<TaskDetails> {
        let mut details = TaskDetails {
            line: self.task_line(task.clone()),
            form: None,
            draft: task.draft.clone().filter(|_| sees_draft(person, task)),
            fields: Vec::new(),
            seed: None,
            artifact: None,
            process: self.process_line(process.clone()),
            process_fields: Vec::new(),
            actions: self.engine.may_do(person, process, task),
        };
        let Some(def) = self.flow_of(&task.flow) else { return Ok(details) };
        let shower = Shower::new(db);
        let columns = db.columns(def.process.table, process.id)?;
        let data = db.unit(|unit| unit.process_data(process.id).cloned())?;
        details.process_fields = shower.process(&def.process, &data, columns.as_ref())?;
        if let Some(node) = def.find(&task.node).map(|node| &def.nodes[node]) {
            details.fields = shower.task(node, task)?;
            [details.seed, details.artifact] = shower.ends(node.end_kinds, &task.seed, &task.artifact)?;
            if let (Some(_), false) = (&node.form, task.status.is_final()) {
                let asked = with_draft_seen(person, Asked::of_task(def, task, db));
                let user: &dyn User = self;
                details.form = Some(form::describe(&node.title, asked.described(), db, user, &asked.shown()?)?);
            }
        }
        Ok(details)
    }
}
