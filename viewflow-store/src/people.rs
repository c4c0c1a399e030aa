//! People as data: the objects of permissions, permissions, and candidates for tasks.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{ProcessId, UserId};

/// What a permission is on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// A row of a table.
    Row {
        /// The table.
        table: String,
        /// The row's number.
        id: u64,
    },
    /// A process.
    Process {
        /// The stored name of its flow.
        flow: String,
        /// Which one.
        id: ProcessId,
    },
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row { table, id } => write!(f, "row {id} of `{table}`"),
            Self::Process { flow, id } => write!(f, "process {id} of `{flow}`"),
        }
    }
}

/// A permission: on one object, or on all there are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Permission {
    /// Its name.
    pub name: String,
    /// On what; none: on all objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Object>,
}

impl Permission {
    /// On all objects there are.
    pub fn on_all(name: impl Into<String>) -> Self {
        Self { name: name.into(), object: None }
    }

    /// On one object.
    pub fn on(name: impl Into<String>, object: Object) -> Self {
        Self { name: name.into(), object: Some(object) }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.name)?;
        self.object.as_ref().map_or(Ok(()), |object| write!(f, " on {object}"))
    }
}

/// Somebody who may take a task.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Candidate {
    /// This person.
    User(UserId),
    /// Who is in this group.
    Group(String),
    /// Who has this permission.
    Permission(Permission),
}

impl Candidate {
    /// Whoever is in the group.
    pub fn group(name: impl Into<String>) -> Self {
        Self::Group(name.into())
    }
}

impl From<UserId> for Candidate {
    fn from(user: UserId) -> Self {
        Self::User(user)
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => write!(f, "`{user}`"),
            Self::Group(group) => write!(f, "the group `{group}`"),
            Self::Permission(permission) => write!(f, "the permission {permission}"),
        }
    }
}
