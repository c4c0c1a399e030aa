//! Decisions of a person: the edge to take, and what it gives to the task there.

use std::fmt;

use super::NodeBuilder;
use super::erase::{encode_data, encode_seed, form_def, ref_of};
use crate::data::field::FieldType;
use crate::data::form::Form;
use crate::definition::{Behavior, Chosen};
use crate::error::Result;
use crate::flow::Flow;
use crate::flow::activation::Activation;
use crate::flow::task::Task;
use viewflow_graph::Attribute;

impl<F: Flow, T: Task> NodeBuilder<'_, F, T> {
    /// Sets the function that chooses an edge by a submitted form.
    ///
    /// The engine calls it after the handler, if there is one. Without a handler, this call also gives the node its
    /// form.
    pub fn decide<Fm: Form>(
        mut self,
        choose: impl Fn(&F, &Activation<F, T>, &Fm) -> Result<Chosen> + Send + Sync + 'static,
    ) -> Self {
        if !matches!(self.def().behavior, Behavior::Call(_)) {
            self.flow.note_fields::<Fm>();
            self.def().form = Some(form_def::<Fm>(None));
        }
        self.told(&[Attribute::Decide]);
        self.def().decide =
            Some(Box::new(move |flow, activation, form| choose(ref_of(flow)?, ref_of(activation)?, ref_of(form)?)));
        self
    }
}

/// The edges of a node's decision, for a form `Fm`.
#[doc(hidden)]
pub struct Ways<F: Flow, T: Task, Fm, const N: usize> {
    /// The message for each case that has no edge.
    pub told: &'static [&'static str],
    /// The numbers of the cases that have an edge of their own.
    pub cases: [usize; N],
    /// The texts on their buttons.
    pub titles: [&'static str; N],
    /// Chooses an edge by the form.
    pub decide: fn(&F, &Activation<F, T>, &Fm) -> Result<Chosen>,
}

impl<F: Flow, T: Task, Fm, const N: usize> fmt::Debug for Ways<F, T, Fm, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ways").field("titles", &self.titles).finish_non_exhaustive()
    }
}

impl<F: Flow, T: Task, Fm, const N: usize> Ways<F, T, Fm, N> {
    /// Returns the message for the first case that has no edge of its own; none if each has one.
    pub const fn without(&self) -> Option<&'static str> {
        let mut case = 0;
        while case < self.told.len() {
            let mut way = 0;
            while way < N && self.cases[way] != case {
                way += 1;
            }
            if way == N {
                return Some(self.told[case]);
            }
            case += 1;
        }
        None
    }
}

impl Chosen {
    /// Chooses the edge with this number among the edges of the node.
    pub fn new(edge: usize) -> Self {
        Self { edge, seed: None, data: None, decision: None }
    }

    /// Returns the same choice with the seed of its task.
    ///
    /// # Errors
    /// If the seed cannot be stored.
    pub fn seed<S: FieldType>(self, seed: &S) -> Result<Self> {
        Ok(Self { seed: Some(encode_seed(seed)?), ..self })
    }

    /// Returns the same choice with the data of its task. `target` is the stored name of the task's node.
    ///
    /// # Errors
    /// If the data breaks its rules.
    pub fn data<F: Flow, To: Task>(self, target: &'static str, data: &To) -> Result<Self> {
        Ok(Self { data: Some(encode_data::<F, To>(target, data)?), ..self })
    }

    /// Returns the same choice, made by this value of a field.
    #[must_use]
    pub fn by<V: FieldType>(self, value: &V) -> Self {
        let value = value.encode().ok();
        Self { decision: value.as_ref().and_then(|value| value.as_str()).map(str::to_owned), ..self }
    }
}
