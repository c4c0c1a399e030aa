//! The data that an edge gives to its target.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde_json::Value;
use viewflow_graph::Role;
use viewflow_store::Document;

use super::erase::{ask, encode_data, encode_seed};
use crate::definition::{After, Ask, Items};
use crate::error::Result;
use crate::flow::Flow;
use crate::flow::activation::Activation;
use crate::flow::task::{IntoData, IntoSeed, Task};
use crate::moment::IntoMoment;

pub(super) struct PendingEdge {
    pub(super) from: usize,
    pub(super) target: &'static str,
    pub(super) role: Role,
    pub(super) when: Option<Ask<bool>>,
    pub(super) seed: Option<Ask<Value>>,
    pub(super) data: Option<Ask<Document>>,
    pub(super) items: Option<Items>,
    pub(super) after: Option<After>,
    pub(super) title: Option<String>,
    /// The calls that were made, to find those made twice.
    pub(super) told: Vec<&'static str>,
}

/// Describes what an edge gives: it leads from a node with tasks of type `T` to a node with tasks of type `To`.
pub struct EdgeBuilder<'b, F, T, To> {
    pub(super) edge: &'b mut PendingEdge,
    pub(super) _types: PhantomData<fn() -> (F, T, To)>,
}

impl<F, T, To> fmt::Debug for EdgeBuilder<'_, F, T, To> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EdgeBuilder")
            .field("role", &self.edge.role)
            .field("target", &self.edge.target)
            .finish_non_exhaustive()
    }
}

impl<F: Flow, T: Task, To: Task> EdgeBuilder<'_, F, T, To> {
    /// Sets how long after the task was made a timeout fires.
    pub fn after(self, wait: Duration) -> Self {
        self.edge.told.push("after");
        self.edge.after = Some(After::Fixed(wait));
        self
    }

    /// As [`EdgeBuilder::after`], but asked when the task is made.
    pub fn after_by<M: IntoMoment>(
        self,
        wait: impl Fn(&F, &Activation<F, T>) -> Result<M> + Send + Sync + 'static,
    ) -> Self {
        self.edge.told.push("after");
        self.edge.after = Some(After::Asked(ask(move |flow, a| wait(flow, a).map(IntoMoment::into_moment))));
        self
    }

    /// Takes the branch only if this condition holds.
    pub fn when(self, cond: impl Fn(&F, &Activation<F, T>) -> Result<bool> + Send + Sync + 'static) -> Self {
        self.edge.told.push("when");
        self.edge.when = Some(ask(cond));
        self
    }

    /// Gives the target's seed.
    pub fn seed<R: IntoSeed<To::Seed>>(
        self,
        seed: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        self.edge.told.push("seed");
        self.edge.seed = Some(ask(move |flow, a| encode_seed::<To::Seed>(&seed(flow, a)?.into_seed()?)));
        self
    }

    /// Gives the target's data.
    pub fn data<R: IntoData<To>>(
        self,
        data: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        let target = self.edge.target;
        self.edge.told.push("data");
        self.edge.data = Some(ask(move |flow, a| encode_data::<F, To>(target, &data(flow, a)?.into_data())));
        self
    }

    /// Notes that the seed is given with the case: [`Chosen::seed`](crate::builder::Chosen::seed).
    pub fn seed_of_case(self) -> Self {
        self.edge.told.push("seed");
        self
    }

    /// Notes that the data is given with the case: [`Chosen::data`](crate::builder::Chosen::data).
    pub fn data_of_case(self) -> Self {
        self.edge.told.push("data");
        self
    }

    /// Sets the text on the edge in a chart.
    pub fn title(self, title: &str) -> Self {
        self.edge.title = Some(title.to_owned());
        self
    }

    /// Makes one task for each seed.
    pub fn seed_source<R: IntoSeed<To::Seed>>(
        self,
        seeds: impl Fn(&F, &Activation<F, T>) -> Result<Vec<R>> + Send + Sync + 'static,
    ) -> Self {
        self.edge.told.push("seed");
        self.edge.items = Some(Items::Seeds(ask(move |flow, a| {
            seeds(flow, a)?.into_iter().map(|seed| encode_seed::<To::Seed>(&seed.into_seed()?)).collect()
        })));
        self
    }

    /// Makes one task for each item of data.
    pub fn data_source<R: IntoData<To>>(
        self,
        items: impl Fn(&F, &Activation<F, T>) -> Result<Vec<R>> + Send + Sync + 'static,
    ) -> Self {
        let target = self.edge.target;
        self.edge.told.push("data");
        self.edge.items = Some(Items::Data(ask(move |flow, a| {
            items(flow, a)?.into_iter().map(|item| encode_data::<F, To>(target, &item.into_data())).collect()
        })));
        self
    }
}
