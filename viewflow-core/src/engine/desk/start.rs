//! Starting processes, and drafts of starts.

use viewflow_graph::Kind;
use viewflow_store::{Document, NodeName, Permission, ProcessId};

use super::Desk;
use crate::data::form::{self, Filled, FormSpec};
use crate::engine::act::input::{Asked, Sent};
use crate::engine::act::start::Starting;
use crate::engine::act::start_draft::{self, keep_draft, take_draft};
use crate::engine::gate;
use crate::error::Result;
use crate::lifecycle::Action;
use crate::people::{Anonymous, Person, User as _};

impl Desk<'_> {
    /// Starts a process with a form. A field that is left out stays as this person drafted it.
    ///
    /// # Errors
    /// [`Error::NoNode`](crate::Error::NoNode) when the flow has no start with this name that a person begins.
    /// [`Error::Forbidden`](crate::Error::Forbidden) without the permission that the start asks for.
    /// [`Error::Form`](crate::Error::Form) when the form is not filled in right. Nothing is stored then.
    pub fn start(&self, node: &NodeName, form: &Document) -> Result<ProcessId> {
        let start = self.engine.start_of_a_person(node)?;
        let sent = Sent::default();
        let input = |asked: &Asked<'_>| asked.parse(self, form);
        let begun = self.step_once(Action::Start, None, &("start", &node.flow, &node.node, form), |step, db| {
            start.begin(step, db, Some(self), &input, &sent)
        });
        begun.map_err(|error| sent.complaint(error))
    }

    /// Begins a process at a start for code, with its input. That takes the permission `flow.manage` on all processes.
    ///
    /// # Errors
    /// [`Error::NoNode`](crate::Error::NoNode) when the flow has no such start for code.
    /// [`Error::Forbidden`](crate::Error::Forbidden). [`Error::NoForm`](crate::Error::NoForm) when the input is of a
    /// type that a face cannot send. [`Error::Form`](crate::Error::Form) when the input is not right. Nothing is stored
    /// then.
    pub fn run(&self, node: &NodeName, input: &Document) -> Result<ProcessId> {
        let start = self.engine.starting(node, |kind| kind == Kind::StartHandle, "that code starts")?;
        let sent = Sent::default();
        let parse = |asked: &Asked<'_>| asked.parse(self, input);
        let begun = self.step_once(Action::Run, None, &("run", &node.flow, &node.node, input), |step, db| {
            gate::pass_run(&Person::of(self), start.def.name, || start.place())?;
            start.begin(step, db, Some(self), &parse, &sent)
        });
        begun.map_err(|error| sent.complaint(error))
    }

    /// The form of a start, described as data for this person. It shows their choices, and their draft as its values.
    ///
    /// # Errors
    /// [`Error::NoNode`](crate::Error::NoNode) when the flow has no start with this name that a person begins.
    /// [`Error::Forbidden`](crate::Error::Forbidden) for a person who may not start there, as far as that is known
    /// before the form is filled in.
    pub fn start_form(&self, node: &NodeName) -> Result<FormSpec> {
        let start = self.engine.start_of_a_person(node)?;
        self.may_start(&start, &Person::of(self))?;
        self.engine.on_start(&start, self, |asked, title| {
            form::describe(title, asked.described(), asked.db, self, &asked.shown()?)
        })
    }

    /// The form of a start with the values that this person sends now, and the complaints about them.
    ///
    /// The values sent stand over their draft, and the complaints are those that sending them would bring. Nothing is
    /// written.
    ///
    /// # Errors
    /// As [`Desk::start_form`]; [`Error::Form`](crate::Error::Form) when a value is nested deeper than a store keeps.
    pub fn fill_in_start(&self, node: &NodeName, form: &Document) -> Result<Filled> {
        let start = self.engine.start_of_a_person(node)?;
        self.may_start(&start, &Person::of(self))?;
        self.engine.on_start(&start, self, |asked, title| asked.filled(title, self, form))
    }

    /// Keeps this person's input for a start's form so far, unchecked: [`Desk::start_form`] shows it to them, and to
    /// nobody else. It is gone when they start a process there.
    /// A field that is left out stays as it was drafted before, and a field that is null is drafted as empty.
    ///
    /// # Errors
    /// As [`Desk::fill_in_start`].
    pub fn draft_start(&self, node: &NodeName, form: &Document) -> Result<()> {
        let start = self.engine.start_of_a_person(node)?;
        self.step_once(Action::Draft, None, &("draft", &node.flow, &node.node, form), |_, db| {
            // A draft belongs to somebody.
            let is_nobody = self.id().as_str().trim().is_empty();
            let person = if is_nobody { Person::of(&Anonymous) } else { Person::of(self) };
            self.may_start(&start, &person)?;
            keep_draft(db, &start, person.id(), form)
        })
    }

    /// Drops the draft of this person for a start, even if no flow has that start now. Returns whether there was a
    /// draft.
    ///
    /// # Errors
    /// When the store fails.
    pub fn drop_start_draft(&self, node: &NodeName) -> Result<bool> {
        let person = Person::of(self);
        let start = self.engine.start_of_a_person(node).ok();
        self.step_once(Action::Draft, None, &("drop", &node.flow, &node.node), |_, db| match &start {
            Some(start) => Ok(take_draft(db, start, person.id())?.is_some()),
            None => db.unit(|unit| Ok(start_draft::take_row(unit, &node.flow, &node.node, person.id())?.is_some())),
        })
    }

    /// Whether this person may start there, as far as that is known before the form is filled in. A permission on an
    /// object is checked when the form has named the object.
    pub(super) fn may_start(&self, start: &Starting, person: &Person) -> Result<()> {
        let known = start.node().people.permission.as_ref().filter(|permission| permission.object.is_none());
        let permission = known.map(|permission| Permission::on_all(&*permission.name));
        gate::pass_start(person, || start.place(), permission.as_ref())
    }
}
