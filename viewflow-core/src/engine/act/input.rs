//! The input of a node, which is a form or a value from code, and doing a task with it.

use std::any::Any;
use std::cell::RefCell;

use viewflow_store::{Document, TaskId, TaskRecord};

use crate::data::decision::{CaseSpec, decided};
use crate::data::document::{by_name, check_depth, completed};
use crate::data::field::{FieldSpec, Source, forget_secrets, plain};
use crate::data::form::{self, Filled, Form, Kept, check_tables};
use crate::definition::{Definition, FormDef, Places};
use crate::engine::{Engine, gate};
use crate::error::{Complaint, Error, FieldErrors, Place, Result};
use crate::kernel::{self, Step};
use crate::lifecycle::Action;
use crate::people::User;
use crate::unit::Db;

/// Makes a node's input.
pub(in crate::engine) type InputOf<'a> = dyn Fn(&Asked<'_>) -> Result<Box<dyn Any>> + 'a;

/// A node that is to be done, and its task if there is one already.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Asked<'a> {
    pub(in crate::engine) def: &'a Definition,
    pub(in crate::engine) form: Option<&'a FormDef>,
    /// The type of what code gives to the node.
    pub(in crate::engine) input: &'static str,
    pub(in crate::engine) task: Option<&'a TaskRecord>,
    /// What was kept of the form so far.
    pub(in crate::engine) draft: Option<&'a Document>,
    pub(in crate::engine) db: &'a Db,
}

impl Engine {
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

    /// Does a task in a step, with what is handed in.
    pub(in crate::engine) fn execute(
        &self,
        step: &mut Step,
        task: &TaskRecord,
        input: &InputOf<'_>,
        sent: &Sent,
    ) -> Result<()> {
        let def = self.definition(&task.flow)?;
        let db = step.db.clone();
        let asked = Asked::of_task(&def, task, &db);
        let input = input(&asked).map_err(|error| error.at(|| Place::of_task(task)))?;
        sent.with(asked.form, input, |input| step.execute(task.id, input))
    }
}

/// The last input that a node got: the engine asks for it if the step fails.
#[derive(Default)]
pub(in crate::engine) struct Sent(RefCell<Option<Handed>>);

struct Handed {
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
        self.0.replace(form.map(|form| Handed { input, places: form.places }));
        result
    }

    /// Turns the error of a taken value into a complaint at the field of the form that sent it. Other errors stay as
    /// they are.
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
        let node = def.find(&task.node).map(|index| &def.nodes[index]);
        let (form, input) = (node.and_then(|node| node.form.as_ref()), node.map_or("()", |node| node.input));
        Self { def, form, input, task: Some(task), draft: task.draft.as_ref(), db }
    }

    fn place(&self) -> Box<Place> {
        self.task.map_or_else(|| Box::new(Place::NewProcess { flow: self.def.name.to_owned() }), Place::of_task)
    }

    fn fields(&self) -> &'static [FieldSpec] {
        self.form.map_or(&[], |form| form.fields)
    }

    /// The fields of the form, and its cases.
    pub(in crate::engine) fn described(&self) -> (&'static [FieldSpec], &'static [CaseSpec]) {
        (self.fields(), self.cases())
    }

    fn cases(&self) -> &'static [CaseSpec] {
        self.form.map_or(&[], |form| form.cases)
    }

    /// The values that were sent, over those from before.
    fn completed(&self, before: Document, sent: &Document) -> Document {
        completed(self.fields(), decided(self.cases(), before, sent), sent)
    }

    /// What the form holds before anything is sent.
    pub(in crate::engine) fn shown(&self) -> Result<Document> {
        let stored = self.stored()?;
        Ok(self.over(stored.as_ref()))
    }

    /// The stored values of the form's fields, if the fields are those of an existing process.
    fn stored(&self) -> Result<Option<Document>> {
        let (Some(by_name), Some(task)) = (self.form.and_then(|form| form.of_process), self.task) else {
            return Ok(None);
        };
        let columns = self.db.columns(self.def.process.table, task.id.process)?;
        let process = self.db.unit(|unit| unit.process_data(task.id.process).cloned())?;
        Ok(Some(by_name(&process.data, columns.as_ref())))
    }

    fn over(&self, stored: Option<&Document>) -> Document {
        let draft = self.draft.zip(self.form);
        let draft = draft.map(|(draft, form)| (draft, (form.of_today)(draft, None, Source::Draft)));
        form::shown(self.fields(), stored, draft)
    }

    /// Checks a whole form against its rules, and against the choices of this person.
    pub(in crate::engine) fn check<Fm: Form>(&self, user: &dyn User, form: &Fm) -> Result<Box<dyn Any>> {
        if let Some(def) = self.form {
            (def.check)(form, self.db, user, None)?.into_result()?;
            if def.computes {
                return Ok((def.parse)(&by_name(form).0)?);
            }
        }
        Ok(Box::new(form.clone()))
    }

    /// Reads what this person sent of a form.
    pub(in crate::engine) fn parse(&self, user: &dyn User, sent: &Document) -> Result<Box<dyn Any>> {
        // How deep it is decides how deep it is gone into.
        check_depth(sent)?;
        let stored = self.stored()?;
        let mut whole = self.completed(self.over(stored.as_ref()), sent);
        Ok(self.read(user, Kept { sent: Some(sent), stored: stored.as_ref() }, &mut whole)??)
    }

    /// Reads a whole form, or returns all that is wrong with it. Takes out of it the kept values that the form no
    /// longer asks for.
    fn read(
        &self,
        user: &dyn User,
        kept: Kept<'_>,
        whole: &mut Document,
    ) -> Result<std::result::Result<Box<dyn Any>, FieldErrors>> {
        let no_form = || Error::NoForm { at: self.place(), input: self.input };
        let (def, db) = (self.form.ok_or_else(no_form)?, self.db);
        let parsed = loop {
            match (def.parse)(whole) {
                Err(errors) if kept.sent.is_some_and(|sent| form::forget_unasked(whole, sent, &errors)) => {}
                parsed => break parsed,
            }
        };
        let (form, errors) = match parsed {
            Ok(form) => {
                let errors = (def.check)(&*form, db, user, Some(kept))?;
                (Some(form), errors)
            }
            Err(mut errors) => {
                // The person sees all mistakes at once.
                check_tables(def.fields, whole, Some(kept), db, user, &mut errors)?;
                (None, errors)
            }
        };
        Ok(form.filter(|_| errors.is_empty()).ok_or(errors))
    }

    /// The form as it is with what is sent now, and what would be complained of; nothing is written.
    pub(in crate::engine) fn filled(&self, title: &str, user: &dyn User, sent: &Document) -> Result<Filled> {
        check_depth(sent)?;
        let stored = self.stored()?;
        let mut whole = self.completed(self.over(stored.as_ref()), sent);
        let read = self.read(user, Kept { sent: Some(sent), stored: stored.as_ref() }, &mut whole)?;
        let form = form::describe(title, self.described(), self.db, user, &whole)?;
        Ok(Filled { form, complaints: read.err().unwrap_or_default() })
    }

    /// The draft with what is sent now: of each field as a whole, however little of it was sent.
    pub(in crate::engine) fn drafted(&self, sent: &Document) -> Result<Document> {
        let mut whole = self.completed(self.shown()?, sent);
        let mut draft = decided(self.cases(), self.draft.cloned().unwrap_or_default(), sent);
        let is_left_out = |spec: &FieldSpec| spec.is_computed() || spec.is_secret();
        let is_kept = |name: &str| !self.fields().iter().any(|spec| spec.name == name && is_left_out(spec));
        forget_secrets(self.fields(), &mut whole);
        draft.extend(whole.into_iter().filter(|(name, _)| sent.contains_key(name) && is_kept(name)));
        Ok(draft)
    }
}
