//! Forms, described as data.

use viewflow_store::{NodeName, TaskId, TaskRecord, UserId};

use crate::data::form::{self, FormSpec};
use crate::engine::act::input::Asked;
use crate::engine::act::start::Starting;
use crate::engine::act::start_draft::draft_of_start;
use crate::engine::{Engine, no_node};
use crate::error::{Place, Result};
use crate::people::User;

impl Engine {
    /// The form of a start, described as data. Choices that depend on the person are those of a person about whom
    /// nothing is known: see
    /// [`Desk::start_form`](crate::Desk::start_form).
    ///
    /// # Errors
    /// [`Error::NoNode`](crate::Error::NoNode) when the flow has no start with this name.
    pub fn start_form(&self, node: &NodeName) -> Result<FormSpec> {
        let start = self.start_of_a_person(node)?;
        let nobody = UserId::new("");
        self.on_start(&start, &nobody, |asked, title| {
            form::describe(title, asked.described(), asked.db, &nobody, &asked.shown()?)
        })
    }

    /// Asks the form of a start something, with its title, over what this person drafted.
    pub(in crate::engine) fn on_start<R>(
        &self,
        start: &Starting,
        user: &dyn User,
        ask: impl Fn(&Asked<'_>, &str) -> Result<R>,
    ) -> Result<R> {
        self.transaction(|db| {
            let draft = draft_of_start(db, start, &user.id())?;
            ask(&start.asked(draft.as_ref(), db), &start.node().title)
        })
    }

    /// The form of an open task, described as data for the person who has it. The engine knows only the name of that
    /// person here: see
    /// [`Desk::form`](crate::Desk::form).
    ///
    /// # Errors
    /// [`Error::NoTask`](crate::Error::NoTask). [`Error::NoNode`](crate::Error::NoNode) when no person does such tasks.
    pub fn form(&self, id: TaskId) -> Result<FormSpec> {
        let owner = self.task_record(id)?.owner.unwrap_or_else(|| UserId::new(""));
        self.on_form(
            id,
            |_| Ok(()),
            |asked, title| form::describe(title, asked.described(), asked.db, &owner, &asked.shown()?),
        )
    }

    /// Asks the form of a task something, with its title, if that may be told.
    pub(in crate::engine) fn on_form<R>(
        &self,
        id: TaskId,
        may: impl Fn(&TaskRecord) -> Result<()>,
        ask: impl Fn(&Asked<'_>, &str) -> Result<R>,
    ) -> Result<R> {
        self.transaction(|db| {
            let task = db.unit(|unit| unit.task(id).cloned())?;
            may(&task)?;
            let def = self.definition(&task.flow)?;
            let node = def.find(&task.node).map(|index| &def.nodes[index]);
            let Some(node) = node.filter(|node| node.form.is_some()) else {
                return Err(no_node(&NodeName { flow: task.flow, node: task.node }, "with a form"));
            };
            ask(&Asked::of_task(&def, &task, db), &node.title).map_err(|error| error.at(|| Place::of_task(&task)))
        })
    }
}
