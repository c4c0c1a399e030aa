//! Starting processes.

use std::sync::Arc;

use viewflow_graph::Kind;
use viewflow_store::{Document, NodeName, ProcessId};

use super::input::{Asked, InputOf, Sent};
use super::start_draft::take_draft;
use crate::data::form::Form;
use crate::definition::{Definition, NodeDef};
use crate::engine::{Engine, gate, no_node};
use crate::error::{Place, Result};
use crate::flow::Flow;
use crate::flow::node::{Input, Node, StartHandleNode, StartNode};
use crate::flow::process::ProcessOf;
use crate::flow::task::Task;
use crate::kernel::Step;
use crate::people::{Person, User};
use crate::unit::Db;

impl Engine {
    /// Starts a process with what a person filled in, and runs it until it waits.
    ///
    /// # Errors
    /// [`Error::Form`](crate::Error::Form) when the form is not filled in right.
    /// [`Error::Handler`](crate::Error::Handler) when a handler fails.
    /// Nothing is stored then.
    pub fn start<F: Flow, T: Task, Fm: Form>(
        &self,
        node: StartNode<F, T, Fm>,
        user: &impl User,
        form: Fm,
    ) -> Result<ProcessOf<F::Process>> {
        let id = self.begin(&node.full_name(), Some(user), &|asked| asked.check(user, &form))?;
        self.process::<F>(id)
    }

    /// Starts a process from code, and runs it until it waits.
    ///
    /// # Errors
    /// [`Error::Handler`](crate::Error::Handler) when a handler fails; nothing is stored then.
    pub fn run<F: Flow, T: Task, In: Input>(
        &self,
        node: StartHandleNode<F, T, In>,
        input: In,
    ) -> Result<ProcessOf<F::Process>> {
        let id = self.begin(&node.full_name(), None, &|_| Ok(Box::new(input.clone())))?;
        self.process::<F>(id)
    }

    fn begin(&self, node: &NodeName, user: Option<&dyn User>, input: &InputOf<'_>) -> Result<ProcessId> {
        let start = self.starting(node, Kind::is_start, "that starts a process")?;
        let sent = Sent::default();
        let begun = self.foreground(None, user, |step, db| start.begin(step, db, user, input, &sent));
        begun.map_err(|error| sent.complaint(error))
    }

    /// A start of these kinds.
    pub(in crate::engine) fn starting(
        &self,
        node: &NodeName,
        kinds: fn(Kind) -> bool,
        what: &'static str,
    ) -> Result<Starting> {
        let def = self.definition(&node.flow)?;
        let start = def.find(&node.node).filter(|index| kinds(def.nodes[*index].kind));
        start.map(|node| Starting { def, node }).ok_or_else(|| no_node(node, what))
    }

    /// A start that a person begins a process with.
    pub(in crate::engine) fn start_of_a_person(&self, node: &NodeName) -> Result<Starting> {
        self.starting(node, |kind| kind == Kind::Start, "that a person starts")
    }
}

/// A start, and its flow.
pub(in crate::engine) struct Starting {
    pub(in crate::engine) def: Arc<Definition>,
    pub(in crate::engine) node: usize,
}

impl Starting {
    pub(in crate::engine) fn node(&self) -> &NodeDef {
        &self.def.nodes[self.node]
    }

    pub(in crate::engine) fn place(&self) -> Box<Place> {
        Box::new(Place::Node { flow: self.def.name.to_owned(), node: self.node().name.to_owned() })
    }

    /// The questions to its form, over the draft of it.
    pub(in crate::engine) fn asked<'a>(&'a self, draft: Option<&'a Document>, db: &'a Db) -> Asked<'a> {
        Asked { def: &self.def, form: self.node().form.as_ref(), input: self.node().input, task: None, draft, db }
    }

    /// Begins a process in a step, for somebody or for the program, with what is handed in.
    pub(in crate::engine) fn begin(
        &self,
        step: &mut Step,
        db: &Db,
        user: Option<&dyn User>,
        input: &InputOf<'_>,
        sent: &Sent,
    ) -> Result<ProcessId> {
        let (def, place) = (&self.def, || self.place());
        // A person who may do nothing does not learn the mistakes in the form. Any other need is known once it is
        // submitted.
        let user = user.map(Person::of);
        let user = user.as_ref();
        user.map_or(Ok(()), |user| gate::pass_start(user, place, None))?;
        let draft = user.map(|user| take_draft(db, self, user.id())).transpose()?.flatten();
        let asked = self.asked(draft.as_ref(), db);
        let input = input(&asked).map_err(|error| error.at(place))?;
        sent.with(asked.form, input, |input| {
            step.start(def, self.node, user.map(|user| user.id().clone()), input, &|permission| {
                user.map_or(Ok(()), |user| gate::pass_start(user, place, permission))
            })
        })
    }
}
