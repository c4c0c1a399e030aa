//! The calls that describe any node.

use std::fmt;
use std::marker::PhantomData;

use viewflow_graph::{Attribute, Kind, Role};

use super::FlowBuilder;
use super::connect::PendingNode;
use super::edge::{EdgeBuilder, PendingEdge};
use super::erase::{act, ask, form_def};
use crate::data::document::stored_by_name;
use crate::data::form::Form;
use crate::definition::{Behavior, NodeDef, Wait};
use crate::error::Result;
use crate::flow::Flow;
use crate::flow::activation::Activation;
use crate::flow::node::Input;
use crate::flow::task::Task;

/// A person submits something, with or without a form.
const SUBMITTED: &[Attribute] = &[Attribute::Form, Attribute::Submit];
/// The kind of node decides which of these attributes names the handler.
const CALLED: &[Attribute] = &[Attribute::Call, Attribute::Done, Attribute::Submit];

/// Describes what one node does.
pub struct NodeBuilder<'b, F, T> {
    pub(super) flow: &'b mut FlowBuilder<F>,
    pub(super) index: usize,
    pub(super) _task: PhantomData<fn() -> T>,
}

impl<F: Flow, T> fmt::Debug for NodeBuilder<'_, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeBuilder").field("flow", &F::NAME).field("index", &self.index).finish_non_exhaustive()
    }
}

impl<F: Flow, T: Task> NodeBuilder<'_, F, T> {
    pub(super) fn def(&mut self) -> &mut NodeDef {
        &mut self.flow.definition.nodes[self.index]
    }

    /// Returns the collected calls about the node, which `connect` puts together in any order.
    pub(super) fn pending(&mut self) -> &mut PendingNode {
        &mut self.flow.nodes[self.index]
    }

    /// Notes a call that one of these attributes stands for.
    pub(super) fn told(&mut self, any_of: &'static [Attribute]) {
        self.pending().told.push(any_of);
    }

    pub(super) fn acts(mut self, any_of: &'static [Attribute], behavior: Behavior) -> Self {
        self.told(any_of);
        self.def().behavior = behavior;
        self
    }

    pub(super) fn waits(mut self, any_of: &'static [Attribute], wait: Wait) -> Self {
        self.told(any_of);
        self.def().wait = wait;
        self
    }

    /// Sets the title that a person reads.
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.def().title);
        let index = self.index;
        self.flow.definition.graph.set_title(index, title);
        self
    }

    /// Sets its earlier stored names.
    pub fn was(mut self, names: &'static [&'static str]) -> Self {
        self.def().was = names;
        self
    }

    /// Sets the form, and the handler that runs when a person submits it.
    pub fn form<Fm: Form>(
        mut self,
        submit: impl Fn(&F, &mut Activation<F, T>, Fm) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.flow.note_fields::<Fm>();
        self.def().form = Some(form_def::<Fm>(None));
        self.acts(SUBMITTED, Behavior::Call(act::<F, T, Fm>(submit)))
    }

    /// As [`NodeBuilder::form`], for a form that consists of fields of the process.
    pub fn fields<Fm: Form>(
        mut self,
        submit: impl Fn(&F, &mut Activation<F, T>, Fm) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.def().form = Some(form_def::<Fm>(Some(stored_by_name::<F::Process>)));
        self.acts(&[Attribute::Fields], Behavior::Call(act::<F, T, Fm>(submit)))
    }

    /// Sets the handler of a function.
    pub fn call(self, call: impl Fn(&F, &mut Activation<F, T>) -> Result<()> + Send + Sync + 'static) -> Self {
        self.acts(CALLED, Behavior::Call(act::<F, T, ()>(move |flow, a, ()| call(flow, a))))
    }

    /// Sets the handler of a node that takes an input.
    pub fn call_with<In: Input>(
        mut self,
        call: impl Fn(&F, &mut Activation<F, T>, In) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        let def = self.def();
        if def.kind.takes(Attribute::Input) {
            def.form = None;
            def.input = std::any::type_name::<In>();
        }
        self.acts(CALLED, Behavior::Call(act::<F, T, In>(call)))
    }

    /// The input of a [`NodeBuilder::call_with`] is a form: faces may send it, too.
    pub fn input<In: Form>(mut self) -> Self {
        self.flow.note_fields::<In>();
        self.def().form = Some(form_def::<In>(None));
        self
    }

    /// Sets the condition of an `If`, or the condition that a `ConditionalCatch` waits for.
    pub fn cond(mut self, cond: impl Fn(&F, &Activation<F, T>) -> Result<bool> + Send + Sync + 'static) -> Self {
        match self.def().kind {
            Kind::ConditionalCatch => self.waits(&[Attribute::Cond], Wait::Condition(ask(cond))),
            _ => self.acts(&[Attribute::Cond], Behavior::Cond(ask(cond))),
        }
    }

    /// Sets the condition under which a join need not wait for the rest.
    pub fn until(mut self, enough: impl Fn(&F, &Activation<F, T>) -> Result<bool> + Send + Sync + 'static) -> Self {
        self.told(&[Attribute::Until]);
        self.def().until = Some(ask(enough));
        let index = self.index;
        self.flow.definition.graph.set_early(index);
        self
    }

    /// Sets the code of an `ErrorEnd` or `EscalationThrow`.
    pub fn code(mut self, code: &'static str) -> Self {
        self.told(&[Attribute::Code]);
        self.def().code = Some(code);
        self
    }

    /// Names the outcome of the processes that end at this end, in place of the node's name.
    pub fn outcome(mut self, outcome: &'static str) -> Self {
        self.told(&[Attribute::Outcome]);
        self.def().outcome = Some(outcome);
        self
    }

    /// Sets the function that chooses the edge of a `Switch`, by its number.
    pub fn switch(self, choose: impl Fn(&F, &Activation<F, T>) -> Result<usize> + Send + Sync + 'static) -> Self {
        self.acts(&[Attribute::Switch], Behavior::Switch(ask(choose)))
    }

    /// Sets the handler that runs when the task is made.
    pub fn on_create(mut self, call: impl Fn(&F, &mut Activation<F, T>) -> Result<()> + Send + Sync + 'static) -> Self {
        self.told(&[Attribute::OnCreate]);
        self.def().on_create = Some(act::<F, T, ()>(move |flow, a, ()| call(flow, a)));
        self
    }

    /// Sets the handler that takes back what a task of the node did. It runs when a person goes back to the node or to
    /// a node before it.
    pub fn undo(mut self, call: impl Fn(&F, &mut Activation<F, T>) -> Result<()> + Send + Sync + 'static) -> Self {
        self.told(&[Attribute::Undo]);
        self.def().undo = Some(act::<F, T, ()>(move |flow, a, ()| call(flow, a)));
        self
    }

    /// Adds an edge to the node with this stored name, whose tasks have the type `To`.
    pub fn edge<To: Task>(&mut self, role: Role, target: &'static str) -> EdgeBuilder<'_, F, T, To> {
        let edge = PendingEdge {
            from: self.index,
            target,
            role,
            when: None,
            seed: None,
            data: None,
            items: None,
            after: None,
            title: None,
            told: Vec::new(),
        };
        self.flow.edges.push(edge);
        let index = self.flow.edges.len() - 1;
        EdgeBuilder { edge: &mut self.flow.edges[index], _types: PhantomData }
    }
}

/// An input of a node: it tells the builder whether it is a form.
///
/// The derive calls `InputOf::<In>::tell`. That is the function of a form where `In` is one, and else that of
/// [`OtherInput`].
#[doc(hidden)]
#[derive(Debug)]
pub struct InputOf<In>(PhantomData<In>);

impl<In: Form> InputOf<In> {
    /// It is a form.
    pub fn tell<F: Flow, T: Task>(node: NodeBuilder<'_, F, T>) -> NodeBuilder<'_, F, T> {
        node.input::<In>()
    }
}

/// An input about which nothing is known.
#[doc(hidden)]
pub trait OtherInput {
    /// It is no form.
    fn tell<N>(node: N) -> N {
        node
    }
}

impl<In> OtherInput for InputOf<In> {}
