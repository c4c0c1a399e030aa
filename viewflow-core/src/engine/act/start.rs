//! Starting processes.

use viewflow_graph::Kind;
use viewflow_store::{Document, NodeName, ProcessId};

use super::input::{Asked, InputOf, Sent};
use super::start_draft::take_draft;
use crate::data::form::Form;
use crate::definition::Definition;
use crate::engine::{Engine, gate, no_node};
use crate::error::{Place, Result};
use crate::flow::Flow;
use crate::flow::node::{Input, Node, StartHandleNode, StartNode};
use crate::flow::process::ProcessOf;
use crate::flow::task::Task;
use crate::people::{Person, User};

impl Engine {
    /// Starts a process with what a person filled in, and runs it until it waits.
    ///
    /// # Errors
    /// [`Error::Form`](crate::Error::Form) when the form is not filled in right, [`Error::Handler`](crate::Error::Handler) when a handler fails; nothing is
    /// stored then.
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

    /// As [`Engine::start`], for pages and terminals: by name, with a form as JSON. What is left out is as [`Engine::start_form_for`]
    /// shows it: as this person drafted it, or the default of the field, if it has one. The draft is taken away in the same commit.
    ///
    /// # Errors
    /// As [`Engine::start`]; [`Error::NoNode`](crate::Error::NoNode) when the flow has no start with this name.
    pub fn start_with(&self, node: &NodeName, user: &impl User, form: &Document) -> Result<ProcessId> {
        start_of(&*self.definition(&node.flow)?, node)?;
        self.begin(node, Some(user), &|asked| asked.parse(user, form))
    }

    fn begin(&self, node: &NodeName, user: Option<&dyn User>, input: &InputOf<'_>) -> Result<ProcessId> {
        let def = self.definition(&node.flow)?;
        let start = def.find(&node.node).filter(|index| def.nodes[*index].kind.is_start());
        let start = start.ok_or_else(|| no_node(node, "that starts a process"))?;
        let place = || Box::new(Place::Node { flow: node.flow.clone(), node: node.node.clone() });
        let sent = Sent::default();
        let begun = self.foreground(None, user, |step, db| {
            // Who may do nothing is not told what is wrong with his form; what else it takes is known when it was submitted.
            let user = user.map(Person::of);
            let user = user.as_ref();
            user.map_or(Ok(()), |user| gate::pass_start(user, place, None))?;
            let draft = user.map(|user| take_draft(db, &def, start, user.id())).transpose()?.flatten();
            let form = def.nodes[start].form.as_ref();
            let asked = Asked { def: &def, form, task: None, draft: draft.as_ref(), db };
            let input = input(&asked).map_err(|error| error.at(place))?;
            sent.with(asked.form, input, |input| {
                step.start(&def, start, user.map(|user| user.id().clone()), input, &|permission| {
                    user.map_or(Ok(()), |user| gate::pass_start(user, place, permission))
                })
            })
        });
        begun.map_err(|error| sent.complaint(error))
    }
}

pub(in crate::engine) fn start_of(def: &Definition, node: &NodeName) -> Result<usize> {
    let start = def.find(&node.node).filter(|index| def.nodes[*index].kind == Kind::Start);
    start.ok_or_else(|| no_node(node, "that a person starts"))
}
