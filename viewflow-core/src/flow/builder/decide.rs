//! What a person decides: the way on, and what it gives to the task there.

use std::fmt;

use super::NodeBuilder;
use super::erase::{encode_data, encode_seed, form_def, ref_of};
use crate::data::field::FieldType;
use crate::data::form::Form;
use crate::definition::{Action, Chosen};
use crate::error::Result;
use crate::flow::Flow;
use crate::flow::activation::Activation;
use crate::flow::task::Task;
use viewflow_graph::Attribute;

impl<F: Flow, T: Task> NodeBuilder<'_, F, T> {
    /// Which way a form that was submitted goes on. It is asked after the handler, if there is one; without one, this gives the node its
    /// form, too.
    pub fn decide<Fm: Form>(
        mut self,
        choose: impl Fn(&F, &Activation<F, T>, &Fm) -> Result<Chosen> + Send + Sync + 'static,
    ) -> Self {
        if !matches!(self.def().action, Action::Call(_)) {
            self.flow.note_fields::<Fm>();
            self.def().form = Some(form_def::<Fm>(None));
        }
        self.told(&[Attribute::Decide]);
        self.def().decide =
            Some(Box::new(move |flow, activation, form| choose(ref_of(flow)?, ref_of(activation)?, ref_of(form)?)));
        self
    }
}

/// The ways of a node's decision, as a form `Fm` decides.
#[doc(hidden)]
pub struct Ways<F: Flow, T: Task, Fm, const N: usize> {
    /// What is said of each case that has no way.
    pub told: &'static [&'static str],
    /// The numbers of the cases that have a way of their own.
    pub cases: [usize; N],
    /// What stands on their buttons.
    pub titles: [&'static str; N],
    /// Which way a form goes on.
    pub decide: fn(&F, &Activation<F, T>, &Fm) -> Result<Chosen>,
}

impl<F: Flow, T: Task, Fm, const N: usize> fmt::Debug for Ways<F, T, Fm, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ways").field("titles", &self.titles).finish_non_exhaustive()
    }
}

impl<F: Flow, T: Task, Fm, const N: usize> Ways<F, T, Fm, N> {
    /// What is said of the first case that has no way of its own; none where each has one.
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
    /// The way with this number among the edges of the node.
    pub fn new(edge: usize) -> Self {
        Self { edge, seed: None, data: None, decision: None }
    }

    /// The same way, with the seed of its task.
    ///
    /// # Errors
    /// When the seed cannot be stored.
    pub fn seed<S: FieldType>(self, seed: &S) -> Result<Self> {
        Ok(Self { seed: Some(encode_seed(seed)?), ..self })
    }

    /// The same way, with the data of its task, which is one of the node with this stored name.
    ///
    /// # Errors
    /// When the data is against its rules.
    pub fn data<F: Flow, To: Task>(self, target: &'static str, data: &To) -> Result<Self> {
        Ok(Self { data: Some(encode_data::<F, To>(target, data)?), ..self })
    }

    /// The same way, chosen by this value of a field.
    #[must_use]
    pub fn by<V: FieldType>(self, value: &V) -> Self {
        let value = value.encode().ok();
        Self { decision: value.as_ref().and_then(|value| value.as_str()).map(str::to_owned), ..self }
    }
}
