//! Forms, described as data.

use viewflow_store::{Document, NodeName, TaskId, UserId};

use crate::data::form::{self, Filled, FormSpec};
use crate::engine::act::input::Asked;
use crate::engine::act::start::start_of;
use crate::engine::act::start_draft::draft_of_start;
use crate::engine::{Engine, no_node};
use crate::error::{Place, Result};
use crate::people::User;

impl Engine {
    /// The form of a start, described as data. Where choices depend on the person it is as somebody sees it of whom nothing is known: see
    /// [`Engine::start_form_for`].
    ///
    /// # Errors
    /// As [`Engine::start_form_for`].
    pub fn start_form(&self, node: &NodeName) -> Result<FormSpec> {
        self.start_form_for(node, &UserId::new(""))
    }

    /// The form of a start, described as data for this person: with what they can choose, filled in with what they drafted.
    ///
    /// # Errors
    /// [`Error::NoNode`](crate::Error::NoNode) when the flow has no start with this name.
    pub fn start_form_for(&self, node: &NodeName, user: &impl User) -> Result<FormSpec> {
        self.on_start(node, user, |asked, title| {
            form::describe(title, asked.described(), asked.db, user, &asked.shown()?)
        })
    }

    /// The form of a start as it is with what this person sends now, over what they drafted, and all that would be complained of were it
    /// sent. Nothing is written.
    ///
    /// # Errors
    /// As [`Engine::start_form_for`]; [`Error::Form`](crate::Error::Form) when a value is nested deeper than a store keeps.
    pub fn fill_in_start(&self, node: &NodeName, user: &impl User, form: &Document) -> Result<Filled> {
        self.on_start(node, user, |asked, title| asked.filled(title, user, form))
    }

    /// Asks the form of a start something, with its title, over what this person drafted.
    fn on_start<R>(&self, node: &NodeName, user: &impl User, ask: impl Fn(&Asked<'_>, &str) -> Result<R>) -> Result<R> {
        let def = self.definition(&node.flow)?;
        let index = start_of(&def, node)?;
        let start = &def.nodes[index];
        self.transaction(|db| {
            let draft = draft_of_start(db, &def, index, &user.id())?;
            let asked = Asked { def: &def, form: start.form.as_ref(), task: None, draft: draft.as_ref(), db };
            ask(&asked, &start.title)
        })
    }

    /// The form of an open task, described as data for the person who has it, of whom no more is known than the name: see
    /// [`Engine::form_for`].
    ///
    /// # Errors
    /// As [`Engine::form_for`].
    pub fn form(&self, id: TaskId) -> Result<FormSpec> {
        let owner = self.task_record(id)?.owner;
        self.form_for(id, &owner.unwrap_or_else(|| UserId::new("")))
    }

    /// The form of an open task, described as data for this person: with what they can choose, filled in with what is stored, and over
    /// that with the task's draft.
    ///
    /// # Errors
    /// [`Error::NoTask`](crate::Error::NoTask), and [`Error::NoNode`](crate::Error::NoNode) when no person does such tasks.
    pub fn form_for(&self, id: TaskId, user: &impl User) -> Result<FormSpec> {
        self.on_form(id, |asked, title| form::describe(title, asked.described(), asked.db, user, &asked.shown()?))
    }

    /// The form of an open task as it is with what this person sends now, over what is stored and drafted, and all that would be
    /// complained of were it sent. Nothing is written: [`Engine::draft_with`] keeps it.
    ///
    /// A face that goes from page to page keeps what was filled in as a draft, and goes on when [`Filled::of_page`] has no complaint.
    ///
    /// # Errors
    /// As [`Engine::form_for`]; [`Error::Form`](crate::Error::Form) when a value is nested deeper than a store keeps.
    pub fn fill_in(&self, id: TaskId, user: &impl User, form: &Document) -> Result<Filled> {
        self.on_form(id, |asked, title| asked.filled(title, user, form))
    }

    /// Asks the form of a task something, with its title.
    fn on_form<R>(&self, id: TaskId, ask: impl Fn(&Asked<'_>, &str) -> Result<R>) -> Result<R> {
        self.transaction(|db| {
            let task = db.unit(|unit| unit.task(id).cloned())?;
            let def = self.definition(&task.flow)?;
            let node = def.find(&task.node).map(|index| &def.nodes[index]);
            let Some(node) = node.filter(|node| node.form.is_some()) else {
                return Err(no_node(&NodeName { flow: task.flow, node: task.node }, "with a form"));
            };
            ask(&Asked::of_task(&def, &task, db), &node.title).map_err(|error| error.at(|| Place::of_task(&task)))
        })
    }
}
