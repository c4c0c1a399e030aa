//! The people that may do a node's tasks, and the due date, as the flow says.

use std::borrow::Cow;

use viewflow_store::{Candidate, Object, Permission, UserId};

use super::{After, Ask, Erased};
use crate::error::Result;

/// The people that may do a node's tasks, and the due date.
#[derive(Default)]
pub(crate) struct PeopleDef {
    pub(crate) permission: Option<PermissionDef>,
    pub(crate) candidates: Option<Ask<Vec<Candidate>>>,
    /// The person that gets a task when it is made.
    pub(crate) assign: Option<Ask<Option<UserId>>>,
    /// The nodes whose most recent doer gets the task.
    pub(crate) same_as: Vec<&'static str>,
    /// The nodes whose doers may not have it.
    pub(crate) not_by: Vec<&'static str>,
    pub(crate) due: Option<After>,
    pub(crate) priority: Option<Ask<i32>>,
}

pub(crate) struct PermissionDef {
    pub(crate) name: Cow<'static, str>,
    pub(crate) object: Option<Ask<Option<Object>>>,
}

impl PermissionDef {
    /// Returns the permission that an activation requires.
    pub(crate) fn asked(&self, flow: &Erased, activation: &Erased) -> Result<Permission> {
        let object = self.object.as_ref().map_or(Ok(None), |object| object(flow, activation))?;
        Ok(Permission { name: self.name.clone().into_owned(), object })
    }
}

impl PeopleDef {
    /// Returns whether there is anything to ask when a task is made.
    pub(crate) fn asks(&self) -> bool {
        self.permission.is_some()
            || self.candidates.is_some()
            || self.assign.is_some()
            || !self.same_as.is_empty()
            || !self.not_by.is_empty()
            || self.due.is_some()
            || self.priority.is_some()
    }
}
