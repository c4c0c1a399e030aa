//! The flow that a sub-process runs, and what the sub-process gives to it.

use std::fmt;
use std::marker::PhantomData;

use viewflow_graph::Attribute;

use super::NodeBuilder;
use super::erase::{ask, encode_data, encode_process, encode_seed};
use crate::definition::{ChildDef, ChildItems, Wait};
use crate::error::Result;
use crate::flow::Flow;
use crate::flow::activation::Activation;
use crate::flow::node::{Input, Node, StartHandleNode};
use crate::flow::process::Process;
use crate::flow::task::{IntoData, IntoSeed, Task};

impl<F: Flow, T: Task> NodeBuilder<'_, F, T> {
    /// Sets the flow that a sub-process runs, and the node at which it starts.
    pub fn child<S: ChildStart>(self, start: S) -> ChildBuilder<Self, S::Flow, S::Task> {
        let (flow, name) = (S::Flow::NAME, start.name());
        let index = self.index;
        self.flow.definition.graph.set_child(index, flow, name);
        let node = self.waits(
            &[Attribute::Child],
            Wait::Children(ChildDef {
                flow,
                start: name,
                sequential: false,
                process_seed: None,
                process_data: None,
                task_seed: None,
                task_data: None,
                items: None,
            }),
        );
        ChildBuilder { node, _types: PhantomData }
    }
}

/// Describes what the processes of the flow `C` begin with that a sub-process runs. Their first task has the type `CT`.
pub struct ChildBuilder<N, C, CT> {
    node: N,
    _types: PhantomData<fn() -> (C, CT)>,
}

impl<N: fmt::Debug, C: Flow, CT> fmt::Debug for ChildBuilder<N, C, CT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildBuilder").field("node", &self.node).field("flow", &C::NAME).finish_non_exhaustive()
    }
}

impl<'b, F: Flow, T: Task, C: Flow, CT: Task> ChildBuilder<NodeBuilder<'b, F, T>, C, CT> {
    fn child(&mut self) -> Option<&mut ChildDef> {
        match &mut self.node.def().wait {
            Wait::Children(child) => Some(child),
            _ => None,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut ChildDef)) -> Self {
        self.child().map(change);
        self
    }

    /// Makes the change, and counts one source of items.
    fn with_source(mut self, change: impl FnOnce(&mut ChildDef)) -> Self {
        self.node.pending().sources += 1;
        self.with(change)
    }

    /// Runs one child after the other.
    pub fn sequential(self) -> Self {
        let index = self.node.index;
        self.node.flow.definition.graph.set_sequential(index);
        self.with(|child| child.sequential = true)
    }

    /// Sets the seed of the process.
    pub fn process_seed<R: IntoSeed<<C::Process as Process>::Seed>>(
        self,
        seed: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| encode_seed::<<C::Process as Process>::Seed>(&seed(flow, a)?.into_seed()?));
        self.with(|child| child.process_seed = Some(ask))
    }

    /// Sets the data of the process.
    pub fn process_data(
        self,
        data: impl Fn(&F, &Activation<F, T>) -> Result<C::Process> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| encode_process::<C>(&data(flow, a)?));
        self.with(|child| child.process_data = Some(ask))
    }

    /// Sets the seed of its first task.
    pub fn task_seed<R: IntoSeed<CT::Seed>>(
        self,
        seed: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| encode_seed::<CT::Seed>(&seed(flow, a)?.into_seed()?));
        self.with(|child| child.task_seed = Some(ask))
    }

    /// Sets the data of its first task.
    pub fn task_data<R: IntoData<CT>>(
        self,
        data: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| encode_data::<C, CT>("start", &data(flow, a)?.into_data()));
        self.with(|child| child.task_data = Some(ask))
    }

    /// Makes one process for each seed.
    pub fn process_seed_source<R: IntoSeed<<C::Process as Process>::Seed>>(
        self,
        seeds: impl Fn(&F, &Activation<F, T>) -> Result<Vec<R>> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| {
            let seeds = seeds(flow, a)?.into_iter();
            seeds.map(|seed| encode_seed::<<C::Process as Process>::Seed>(&seed.into_seed()?)).collect()
        });
        self.with_source(|child| child.items = Some(ChildItems::ProcessSeeds(ask)))
    }

    /// Makes one process for each item of data.
    pub fn process_data_source(
        self,
        items: impl Fn(&F, &Activation<F, T>) -> Result<Vec<C::Process>> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| items(flow, a)?.iter().map(encode_process::<C>).collect());
        self.with_source(|child| child.items = Some(ChildItems::ProcessData(ask)))
    }

    /// Makes one process for each seed of its first task.
    pub fn task_seed_source<R: IntoSeed<CT::Seed>>(
        self,
        seeds: impl Fn(&F, &Activation<F, T>) -> Result<Vec<R>> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| {
            seeds(flow, a)?.into_iter().map(|seed| encode_seed::<CT::Seed>(&seed.into_seed()?)).collect()
        });
        self.with_source(|child| child.items = Some(ChildItems::TaskSeeds(ask)))
    }

    /// Makes one process for each item of data of its first task.
    pub fn task_data_source<R: IntoData<CT>>(
        self,
        items: impl Fn(&F, &Activation<F, T>) -> Result<Vec<R>> + Send + Sync + 'static,
    ) -> Self {
        let ask = ask(move |flow, a| {
            items(flow, a)?.into_iter().map(|item| encode_data::<C, CT>("start", &item.into_data())).collect()
        });
        self.with_source(|child| child.items = Some(ChildItems::TaskData(ask)))
    }

    /// Returns the node that runs them.
    pub fn node(self) -> NodeBuilder<'b, F, T> {
        self.node
    }
}

/// A node at which a sub-process can start: a [`StartHandle`](crate::nodes::StartHandle) without `#[input(..)]`.
#[diagnostic::on_unimplemented(
    message = "a sub-process cannot start at this node: expected a `StartHandle` of the flow that it runs",
    label = "not a `StartHandle`",
    note = "at a `Start` a person starts the process, and at a `StartTimer` the clock: give the flow a `StartHandle` beside it"
)]
pub trait ChildStart: Node {}

impl<C: Flow, T: Task, In: NoInputNeeded> ChildStart for StartHandleNode<C, T, In> {}

/// The input of a start at which a sub-process begins: nothing.
#[diagnostic::on_unimplemented(
    message = "a sub-process cannot start where a `{Self}` is handed in",
    label = "this start has an `#[input(..)]`",
    note = "give the sub-process its data with `process_data` or `task_data`, at a `StartHandle` without input"
)]
pub trait NoInputNeeded: Input {}

#[diagnostic::do_not_recommend]
impl NoInputNeeded for () {}
