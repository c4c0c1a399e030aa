//! What a person decides: the way on, and what it gives to the task there.

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
