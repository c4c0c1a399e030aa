//! People as data: the objects of permissions, permissions, and candidates for tasks.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{ProcessId, UserId};

/// The object of a permission.
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
        /// The number of the process.
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

/// A permission: on one object, or on all objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Permission {
    /// Its name.
    pub name: String,
    /// The object; if there is none, the permission is on all objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Object>,
}

impl Permission {
    /// Makes a permission on all objects.
    pub fn on_all(name: impl Into<String>) -> Self {
        Self { name: name.into(), object: None }
    }

    /// Makes a permission on one object.
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

/// A person, or a group of people, that may take a task.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Candidate {
    /// This person.
    User(UserId),
    /// All people in this group.
    Group(String),
    /// All people with this permission.
    Permission(Permission),
}

impl Candidate {
    /// Makes the candidate for all people in the group.
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
