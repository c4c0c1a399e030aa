//! Forms, described as data.

use crate::data::form::{self, FormSpec};
use crate::engine::act::input::Asked;
use crate::engine::act::start::start_of;
use crate::engine::{Engine, no_node};
use crate::error::Result;
use crate::id::{TaskId, UserId};
use crate::people::User;
use crate::store::NodeName;

impl Engine {
    /// The form of a start, described as data. Where choices depend on the person it is as somebody sees it of whom nothing is known: see
    /// [`Engine::start_form_for`].
    ///
    /// # Errors
    /// As [`Engine::start_form_for`].
    pub fn start_form(&self, node: &NodeName) -> Result<FormSpec> {
        self.start_form_for(node, &UserId::new(""))
    }

    /// The form of a start, described as data for this person: with what they can choose.
    ///
    /// # Errors
    /// [`Error::NoNode`](crate::Error::NoNode) when the flow has no start with this name.
    pub fn start_form_for(&self, node: &NodeName, user: &impl User) -> Result<FormSpec> {
        let def = self.definition(&node.flow)?;
        let start = &def.nodes[start_of(&def, node)?];
        let fields = start.form.as_ref().map_or(&[][..], |form| form.fields);
        self.transaction(|db| form::describe(&start.title, fields, db, user, &form::shown(fields, None, None)))
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
        self.transaction(|db| {
            let task = db.unit(|unit| unit.task(id).cloned())?;
            let def = self.definition(&task.flow)?;
            let node = def.find(&task.node).map(|index| &def.nodes[index]);
            let Some((node, form)) = node.and_then(|node| Some((node, node.form.as_ref()?))) else {
                return Err(no_node(&NodeName { flow: task.flow, node: task.node }, "with a form"));
            };
            let shown = Asked::of_task(&def, &task, db).shown()?;
            form::describe(&node.title, form.fields, db, user, &shown)
        })
    }
}
