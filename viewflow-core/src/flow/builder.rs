//! The typed builder with which a flow describes its nodes. `#[derive(Flow)]` writes calls of it.

mod child;
mod connect;
mod decide;
mod edge;
mod erase;
mod node;
mod people;
mod wait;

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde_json::Value;
use viewflow_graph::{Attribute, Graph, Kind};

pub use child::{ChildBuilder, ChildStart, NoInputNeeded};
pub use decide::Ways;
pub use edge::EdgeBuilder;
pub use node::{InputOf, NodeBuilder, OtherInput};
pub use people::IntoOwner;
pub use wait::IntoKey;

use crate::data::document::{self, Fields};
use crate::data::entity::RowType;
use crate::data::field::{FieldKind, FieldType, Rules, canonical, problems};
use crate::definition::{Behavior, Definition, NodeDef, PeopleDef, ProcessDef, Wait};
use crate::flow::in_step::{ProcessInStep, TaskInStep};
use crate::flow::message::Message;
use crate::flow::process::Process;
use crate::flow::task::Task;
use crate::flow::unknown::Known;
use crate::flow::{Flow, activation};
use connect::{PendingNode, connect};
use edge::PendingEdge;
use erase::{form_def, no_data, ref_of, sent_process};
use viewflow_store::Document;

/// Collects the nodes of a flow.
pub struct FlowBuilder<F> {
    definition: Definition,
    nodes: Vec<PendingNode>,
    edges: Vec<PendingEdge>,
    _flow: PhantomData<fn() -> F>,
}

impl<F: Flow> fmt::Debug for FlowBuilder<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlowBuilder").field("flow", &F::NAME).field("nodes", &self.nodes.len()).finish_non_exhaustive()
    }
}

impl<F: Flow> FlowBuilder<F> {
    /// Builds the definition of a flow.
    pub(crate) fn build(flow: F) -> Definition {
        Definition { flow: Arc::new(flow), ..Self::definition() }
    }

    /// Returns the definition of the flow, without what its handlers need.
    pub(crate) fn definition() -> Definition {
        let mut graph = Graph::new(F::NAME);
        graph.set_flow_title(F::TITLE);
        let mut builder = Self {
            definition: Definition {
                name: F::NAME,
                was: F::WAS,
                title: F::TITLE,
                graph,
                sound: None,
                nodes: Vec::new(),
                by_name: BTreeMap::new(),
                by_earlier: BTreeMap::new(),
                looked_at: Vec::new(),
                flow: Arc::new(()),
                has_state: size_of::<F>() > 0,
                process: ProcessDef {
                    fields: F::Process::FIELDS,
                    table: F::Process::TABLE,
                    rows: RowType::of::<F::Process>(),
                    shape: crate::flow::lock::process_data::<F::Process>,
                    open: |record, data, columns| {
                        Ok(Box::new(ProcessInStep::<F::Process>::read(record, data, columns)?))
                    },
                    save: |process, data| ref_of::<ProcessInStep<F::Process>>(process)?.save(data),
                    sent: sent_process::<F::Process>,
                    ends: [canonical::<<F::Process as Process>::Seed>, canonical::<<F::Process as Process>::Artifact>],
                    end_kinds: [<F::Process as Process>::Seed::kind, <F::Process as Process>::Artifact::kind],
                    by_name: document::stored_by_name::<F::Process>,
                },
                problems: Vec::new(),
                kinds: Vec::new(),
                rules: Vec::new(),
                messages: Vec::new(),
                shape: String::new(),
            },
            nodes: Vec::new(),
            edges: Vec::new(),
            _flow: PhantomData,
        };
        builder.note_fields::<F::Process>();
        builder.note_ends::<<F::Process as Process>::Seed, <F::Process as Process>::Artifact>();
        if let Err(errors) = document::read::<F::Process>(&Document::new()) {
            let problem = format!(
                "flow `{}`: its process cannot start, as its data begins against its own rules: {errors}",
                F::NAME
            );
            builder.definition.problems.push(problem);
        }
        F::define(&mut builder);
        connect(builder.definition, builder.nodes, builder.edges)
    }

    /// Notes the rules of fields, problems with them, and the tables to which they refer.
    fn note_fields<T: Fields>(&mut self) {
        let bound = |bound: Option<fn() -> Value>| bound.map(|bound| bound().to_string());
        for (index, spec) in T::FIELDS.iter().enumerate() {
            let Rules { max_length, pattern, min, max } = spec.rules;
            let converted = T::SHAPES.get(index).is_some_and(|shape| shape.converted);
            let rules = (spec.key, spec.was, max_length, pattern, bound(min), bound(max), converted);
            self.definition.rules.push(format!("{rules:?}"));
            self.definition.kinds.push(spec.kind);
        }
        for (field, problem) in problems(T::FIELDS) {
            let problem = format!("flow `{}`: field `{field}` {problem}", F::NAME);
            if !self.definition.problems.contains(&problem) {
                self.definition.problems.push(problem);
            }
        }
    }

    fn note_message<M: Message>(&mut self) {
        self.note_fields::<M>();
        self.definition.messages.push((M::NAME, RowType::of::<M>()));
    }

    fn note_ends<Seed: FieldType, Artifact: FieldType>(&mut self) {
        self.definition.kinds.extend([Seed::kind as fn() -> FieldKind, Artifact::kind]);
    }

    /// As [`FlowBuilder::node`]. If `T` is no task, its seed is not known, and rustc reports only that about the node.
    #[doc(hidden)]
    pub fn known_node<T: Task, Seed: Known>(
        &mut self,
        name: &'static str,
        kind: Kind,
    ) -> Seed::Is<NodeBuilder<'_, F, T>> {
        Seed::is(self.node(name, kind))
    }

    /// Adds a node with this stored name. Returns a builder for what it does.
    pub fn node<T: Task>(&mut self, name: &'static str, kind: Kind) -> NodeBuilder<'_, F, T> {
        let index = self.definition.graph.node(name, kind);
        self.definition.by_name.entry(name).or_insert(index);
        self.note_fields::<T>();
        self.note_ends::<T::Seed, T::Artifact>();
        self.definition.nodes.push(NodeDef {
            name,
            was: &[],
            kind,
            title: self.definition.graph.nodes()[index].title.clone(),
            shape: crate::flow::lock::task_data::<T>,
            fields: T::FIELDS,
            artifact: canonical::<T::Artifact>,
            end_kinds: [T::Seed::kind, T::Artifact::kind],
            by_name: document::stored_by_name::<T>,
            of_today: |task| TaskInStep::<T>::read(task).ok()?.save().ok(),
            open: activation::open::<F, T>,
            close: activation::close::<F, T>,
            no_data: no_data::<T>,
            behavior: Behavior::Pass,
            form: None,
            input: "()",
            decide: None,
            people: PeopleDef::default(),
            on_create: None,
            undo: None,
            edges: Vec::new(),
            wait: Wait::Nothing,
            until: None,
            code: None,
            outcome: None,
            schedule: None,
            undoes: false,
        });
        if kind.is_human() || kind.takes(Attribute::Input) {
            self.definition.nodes[index].form = Some(form_def::<()>(None));
        }
        self.nodes.push(PendingNode::default());
        NodeBuilder { flow: self, index, _task: PhantomData }
    }
}
