//! The calls about the people that may do a node's tasks, and the due date.

use std::time::Duration;

use viewflow_graph::Attribute;
use viewflow_store::UserId;

use super::NodeBuilder;
use super::erase::ask;
use crate::definition::{After, PermissionDef};
use crate::error::Result;
use crate::flow::Flow;
use crate::flow::activation::Activation;
use crate::flow::object::IntoObject;
use crate::flow::task::Task;
use crate::moment::IntoMoment;
use crate::people::IntoCandidates;

impl<F: Flow, T: Task> NodeBuilder<'_, F, T> {
    /// Sets the person that gets the task when it is made. If it is none, the task is unassigned.
    pub fn assign<R: IntoOwner>(
        mut self,
        owner: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        self.told(&[Attribute::Assign]);
        self.def().people.assign = Some(ask(move |flow, a| owner(flow, a).map(IntoOwner::into_owner)));
        self
    }

    /// Gives the task to the person that did the node with this stored name.
    pub fn assign_same_as(self, node: &'static str) -> Self {
        self.assign_same_as_last_of(&[node])
    }

    /// Gives the task to the person that did the most recent one of these nodes.
    pub fn assign_same_as_last_of(mut self, nodes: &[&'static str]) -> Self {
        self.told(&[Attribute::Assign]);
        self.def().people.same_as = nodes.to_vec();
        self
    }

    /// Excludes the people that did one of these nodes.
    pub fn not_by(mut self, nodes: &[&'static str]) -> Self {
        self.told(&[Attribute::NotBy]);
        self.def().people.not_by.extend_from_slice(nodes);
        self
    }

    /// Sets the permission that a person needs to take the task, or to start here.
    pub fn permission(mut self, name: &'static str) -> Self {
        self.told(&[Attribute::Permission]);
        self.def().people.permission = Some(PermissionDef { name: name.into(), object: None });
        self
    }

    /// As [`NodeBuilder::permission`], with the name `flow.node`.
    pub fn auto_permission(mut self) -> Self {
        let name = format!("{}.{}", F::NAME, self.def().name);
        self.told(&[Attribute::Permission]);
        self.def().people.permission = Some(PermissionDef { name: name.into(), object: None });
        self
    }

    /// Sets the object of the permission. It is asked when the task is made, and at a start when its form is submitted.
    pub fn permission_on<R: IntoObject>(
        mut self,
        object: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        self.pending().object = Some(ask(move |flow, a| object(flow, a).map(IntoObject::into_object)));
        self
    }

    /// Sets the candidates, who may take the task.
    pub fn candidates<R: IntoCandidates>(
        mut self,
        candidates: impl Fn(&F, &Activation<F, T>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        self.told(&[Attribute::Candidates]);
        self.def().people.candidates =
            Some(ask(move |flow, a| candidates(flow, a).map(IntoCandidates::into_candidates)));
        self
    }

    /// Sets how long after it was made the task is due.
    pub fn due(mut self, wait: Duration) -> Self {
        self.told(&[Attribute::Due]);
        self.def().people.due = Some(After::Fixed(wait));
        self
    }

    /// As [`NodeBuilder::due`], but asked when the task is made.
    pub fn due_by<M: IntoMoment>(
        mut self,
        wait: impl Fn(&F, &Activation<F, T>) -> Result<M> + Send + Sync + 'static,
    ) -> Self {
        self.told(&[Attribute::Due]);
        self.def().people.due = Some(After::Asked(ask(move |flow, a| wait(flow, a).map(IntoMoment::into_moment))));
        self
    }

    /// Sets how urgent the task is: a greater number is more urgent.
    pub fn priority(mut self, priority: impl Fn(&F, &Activation<F, T>) -> Result<i32> + Send + Sync + 'static) -> Self {
        self.told(&[Attribute::Priority]);
        self.def().people.priority = Some(ask(priority));
        self
    }
}

/// A person to whom a task is assigned: a [`UserId`], or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "a task cannot be assigned to a `{Self}`",
    label = "expected a `UserId`, or an `Option` of one"
)]
pub trait IntoOwner {
    /// Returns the person, if there is one.
    fn into_owner(self) -> Option<UserId>;
}

#[diagnostic::do_not_recommend]
impl IntoOwner for UserId {
    fn into_owner(self) -> Option<UserId> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl IntoOwner for &UserId {
    fn into_owner(self) -> Option<UserId> {
        Some(self.clone())
    }
}

#[diagnostic::do_not_recommend]
impl<T: IntoOwner> IntoOwner for Option<T> {
    fn into_owner(self) -> Option<UserId> {
        self.and_then(T::into_owner)
    }
}
