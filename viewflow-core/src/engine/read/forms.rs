//! Forms, described as data.

use crate::data::field::Source;
use crate::data::form::{self, FormSpec, StoredFields};
use crate::engine::act::start::start_of;
use crate::engine::{Engine, no_node};
use crate::error::Result;
use crate::id::TaskId;
use crate::store::NodeName;

impl Engine {
    /// The form of a start, described as data.
    ///
    /// # Errors
    /// [`Error::NoNode`](crate::Error::NoNode) when the flow has no start with this name.
    pub fn start_form(&self, node: &NodeName) -> Result<FormSpec> {
        let def = self.definition(&node.flow)?;
        let start = &def.nodes[start_of(&def, node)?];
        let fields = start.form.as_ref().map_or(&[][..], |form| form.fields);
        self.transaction(|db| form::describe(&start.title, fields, db, None))
    }

    /// The form of an open task, described as data and filled in with what is stored, and over that with its draft.
    ///
    /// # Errors
    /// [`Error::NoTask`](crate::Error::NoTask), and [`Error::NoNode`](crate::Error::NoNode) when no person does such tasks.
    pub fn form(&self, id: TaskId) -> Result<FormSpec> {
        self.transaction(|db| {
            let task = db.unit(|unit| unit.task(id).cloned())?;
            let def = self.definition(&task.flow)?;
            let node = def.find(&task.node).map(|index| &def.nodes[index]);
            let Some((node, form)) = node.and_then(|node| Some((node, node.form.as_ref()?))) else {
                return Err(no_node(&NodeName { flow: task.flow, node: task.node }, "with a form"));
            };
            let columns = db.columns(def.process.table, id.process)?;
            let process = db.unit(|unit| unit.process_data(id.process).cloned())?;
            let (document, columns) = (&process.data, columns.as_ref());
            let today = || (form.of_today)(document, columns, Source::Store);
            let stored = form.of_process.then(|| StoredFields { document, columns, today: today() });
            let mut spec = form::describe(&node.title, form.fields, db, stored.as_ref())?;
            if let Some(draft) = &task.draft {
                spec.fill_in(form.fields, draft, (form.of_today)(draft, None, Source::Draft));
            }
            Ok(spec)
        })
    }
}
