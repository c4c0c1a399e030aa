//! What is handed in to a node: a form, or what code gives; and doing a task with it.

use std::any::Any;
use std::cell::RefCell;

use crate::data::decision::decided;
use crate::data::document::{check_depth, completed, is_blank};
use crate::data::field::{FieldSpec, Source, plain};
use crate::data::form::{self, Form, check_tables};
use crate::definition::{Definition, FormDef, Places};
use crate::engine::{Engine, gate};
use crate::error::{Complaint, Error, Place, Result};
use crate::id::TaskId;
use crate::kernel::{self, Step};
use crate::lifecycle::Action;
use crate::people::User;
use crate::store::{Document, TaskRecord};
use crate::unit::Db;

/// Makes a node's input.
pub(in crate::engine) type InputOf<'a> = dyn Fn(&Asked<'_>) -> Result<Box<dyn Any>> + 'a;

/// A node that is to be done, and its task if there is one already.
pub(in crate::engine) struct Asked<'a> {
    pub(in crate::engine) def: &'a Definition,
    pub(in crate::engine) form: Option<&'a FormDef>,
    pub(in crate::engine) task: Option<&'a TaskRecord>,
    pub(in crate::engine) db: &'a Db,
}

impl Engine {
    /// Does a task, for pages and terminals: with a form as JSON.
    ///
    /// What is left out stays as [`Engine::form`] shows it, with the task's draft; what is null is emptied, as by a JSON merge patch
    /// (RFC 7396). That goes for nested structs and maps, too; lists are replaced as a whole, and so is a field that takes any JSON.
    ///
    /// # Errors
    /// [`Error::Form`] when the form is not filled in right, [`Error::NotOwner`] and [`Error::WrongStatus`] when the
    /// person does not have the task, [`Error::Forbidden`] when the person took it and may not have it any more.
    pub fn execute_with(&self, id: TaskId, user: &impl User, form: &Document) -> Result<()> {
        self.execute_form(id, user, &|asked| asked.parse(user, form))
    }

    pub(in crate::engine) fn execute_form(&self, id: TaskId, user: &dyn User, input: &InputOf<'_>) -> Result<()> {
        let sent = Sent::default();
        self.gated(id, Action::Execute, user, |step, task| self.execute(step, task, input, &sent))
            .map_err(|error| sent.complaint(error))
    }

    pub(in crate::engine) fn run_handle(&self, id: TaskId, input: &InputOf<'_>) -> Result<()> {
        self.foreground(Some(id.process), None, |step, db| {
            let task = db.unit(|unit| unit.task(id).cloned())?;
            gate::pass_code(Action::Run, &task)?;
            kernel::check_goes_on(db, id.process)?;
            self.execute(step, &task, input, &Sent::default())
        })
    }

    fn execute(&self, step: &mut Step, task: &TaskRecord, input: &InputOf<'_>, sent: &Sent) -> Result<()> {
        let def = self.definition(&task.flow)?;
        let db = step.db.clone();
        let asked = Asked::of_task(&def, task, &db);
        let input = input(&asked).map_err(|error| error.at(|| Place::of_task(task)))?;
        sent.with(asked.form, input, |input| step.execute(task.id, input))
    }
}

/// What was handed in to a node last, to be asked should the step fail.
#[derive(Default)]
pub(in crate::engine) struct Sent(RefCell<Option<Filled>>);

struct Filled {
    input: Box<dyn Any>,
    places: Places,
}

impl Sent {
    /// Goes on with what was handed in, and keeps it.
    pub(in crate::engine) fn with<R>(
        &self,
        form: Option<&FormDef>,
        input: Box<dyn Any>,
        go_on: impl FnOnce(&dyn Any) -> Result<R>,
    ) -> Result<R> {
        let result = go_on(&*input);
        self.0.replace(form.map(|form| Filled { input, places: form.places }));
        result
    }

    /// A value that is taken is a complaint at the field of the form in which it was sent. Other errors stay what they are.
    pub(in crate::engine) fn complaint(&self, mut error: Error) -> Error {
        let mut inner = &mut error;
        while let Error::Handler { source, .. } = inner {
            inner = source;
        }
        if let (Error::NotUnique { field, value, also, errors, .. }, Some(filled)) = (inner, &*self.0.borrow()) {
            let also = also.iter().map(|(field, value)| (field, value));
            for (field, value) in [(&*field, &**value)].into_iter().chain(also) {
                for (path, sent) in (filled.places)(&*filled.input, field, value) {
                    let taken = Complaint::new("taken", format!("cannot be {}: it is taken", plain(&sent)));
                    errors.add(path, taken.with("value", sent));
                }
            }
        }
        error
    }
}

impl<'a> Asked<'a> {
    pub(in crate::engine) fn of_task(def: &'a Definition, task: &'a TaskRecord, db: &'a Db) -> Self {
        let form = def.find(&task.node).and_then(|index| def.nodes[index].form.as_ref());
        Self { def, form, task: Some(task), db }
    }

    fn fields(&self) -> &'static [FieldSpec] {
        self.form.map_or(&[], |form| form.fields)
    }

    /// What the form holds before anything is sent.
    pub(in crate::engine) fn shown(&self) -> Result<Document> {
        let stored = self.stored()?;
        Ok(self.over(stored.as_ref()))
    }

    /// What is stored of the form's fields, where they are those of a process that is there.
    fn stored(&self) -> Result<Option<Document>> {
        let (Some(by_name), Some(task)) = (self.form.and_then(|form| form.of_process), self.task) else {
            return Ok(None);
        };
        let columns = self.db.columns(self.def.process.table, task.id.process)?;
        let process = self.db.unit(|unit| unit.process_data(task.id.process).cloned())?;
        Ok(Some(by_name(&process.data, columns.as_ref())))
    }

    fn over(&self, stored: Option<&Document>) -> Document {
        let draft = self.task.and_then(|task| task.draft.as_ref()).zip(self.form);
        let draft = draft.map(|(draft, form)| (draft, (form.of_today)(draft, None, Source::Draft)));
        form::shown(self.fields(), stored, draft)
    }

    /// Holds a whole form against its rules, and against what this person can choose.
    pub(in crate::engine) fn check<Fm: Form>(&self, user: &dyn User, form: &Fm) -> Result<Box<dyn Any>> {
        if let Some(def) = self.form {
            (def.check)(form, self.db, user, &|_| false)?.into_result()?;
        }
        Ok(Box::new(form.clone()))
    }

    /// Reads what this person sent of a form.
    pub(in crate::engine) fn parse(&self, user: &dyn User, sent: &Document) -> Result<Box<dyn Any>> {
        let (def, db) = (self.form.ok_or(Error::Internal("a node without a form"))?, self.db);
        // How deep it is decides how deep it is gone into.
        check_depth(sent)?;
        let stored = self.stored()?;
        let whole = completed(def.fields, decided(def.cases, self.over(stored.as_ref()), sent), sent);
        let stays = |name: &str| {
            let before = stored.as_ref().and_then(|stored| stored.get(name));
            !sent.contains_key(name) && before.is_some_and(|before| whole.get(name) == Some(before))
        };
        match (def.parse)(&whole) {
            Ok(form) => {
                (def.check)(&*form, db, user, &stays)?.into_result()?;
                Ok(form)
            }
            Err(mut errors) => {
                // What else is wrong is told at once.
                let filled = whole.iter().filter(|(name, value)| !is_blank(value) && !stays(name));
                let filled = filled.map(|(name, value)| (name.clone(), value.clone())).collect();
                check_tables(def.fields, &filled, db, user, &mut errors)?;
                Err(errors.into())
            }
        }
    }

    /// The draft of the task with what is sent now: of each field as a whole, however little of it was sent.
    pub(in crate::engine) fn drafted(&self, sent: &Document) -> Result<Document> {
        let cases = self.form.map_or(&[][..], |form| form.cases);
        let whole = completed(self.fields(), decided(cases, self.shown()?, sent), sent);
        let draft = self.task.and_then(|task| task.draft.clone()).unwrap_or_default();
        let mut draft = decided(cases, draft, sent);
        draft.extend(whole.into_iter().filter(|(name, _)| sent.contains_key(name)));
        Ok(draft)
    }
}
