//! People: who they are, what they may, and who may take a task.
//!
//! Look here to implement [`User`] for the people of your application.

use std::sync::Arc;

use serde::Serialize;

mod person;

pub(crate) use person::Person;
use viewflow_store::UserId;
pub use viewflow_store::{Candidate, Object, Permission};

/// A person of the host application. Implement it for the type that you have.
///
/// The engine keeps no users. It asks this trait about each person that acts, in the step in which they act. So a
/// permission revoked a moment ago is already gone. Within one call of the engine, it asks for the groups once, and for
/// each permission once.
/// ```
/// # use viewflow_core::{User, UserId, people::Object};
/// struct Clerk { name: String, department: u64 }
///
/// impl User for Clerk {
///     fn id(&self) -> UserId {
///         UserId::new(&*self.name)
///     }
///
///     fn groups(&self) -> Vec<String> {
///         vec!["clerks".to_owned()]
///     }
///
///     // Bills of the clerk's own department, and nothing else.
///     fn has_permission(&self, permission: &str, object: Option<&Object>) -> bool {
///         permission == "bills.sign" && matches!(object, Some(Object::Row { id, .. }) if *id == self.department)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a user",
    label = "expected a `UserId`, or a type with `impl User`",
    note = "for a name write `&UserId::new(\"ann\")`"
)]
pub trait User {
    /// Returns the name under which tasks are assigned to this person. It must stay the same forever.
    fn id(&self) -> UserId;

    /// Returns the groups of this person, for `#[candidates(group = "..")]`.
    fn groups(&self) -> Vec<String> {
        Vec::new()
    }

    /// Returns whether this person has a permission: on one object, or on all objects if `object` is none.
    ///
    /// The engine asks for the permissions that flows name. It also asks for `flow.manage` and `flow.view`, where
    /// `flow` is the flow's stored name, with the process as the object. A manager reassigns, cancels, retries, skips
    /// and undoes.
    fn has_permission(&self, _permission: &str, _object: Option<&Object>) -> bool {
        false
    }

    /// Returns all permissions of this person, each on one object or on all, if they can be listed.
    ///
    /// Then the engine reads lists by them. The cost of a queue then depends on what this person has, and not on the
    /// permissions that the tasks of others need.
    ///
    /// Without it, the engine calls [`User::has_permission`] for each page, once for each permission that some task in
    /// a queue needs. It leaves out permissions on an object that the person has on all objects. That is right if few
    /// permissions are in use, or if a person's permissions cannot be listed.
    ///
    /// This method decides what lists show, and not what the person may do: only [`User::has_permission`] decides that.
    /// If a permission is only listed here, its tasks are in the queue and cannot be taken. If it is missing here, its
    /// tasks can be taken and are not shown.
    ///
    /// ```
    /// # use viewflow_core::{Permission, User, UserId, people::Object};
    /// struct Clerk { name: String, rights: Vec<Permission> }
    ///
    /// impl User for Clerk {
    ///     fn id(&self) -> UserId {
    ///         UserId::new(&*self.name)
    ///     }
    ///
    ///     fn has_permission(&self, name: &str, object: Option<&Object>) -> bool {
    ///         self.rights.iter().any(|right| right.name == name && right.object.as_ref() == object)
    ///     }
    ///
    ///     fn permissions(&self) -> Option<Vec<Permission>> {
    ///         Some(self.rights.clone())
    ///     }
    /// }
    /// ```
    fn permissions(&self) -> Option<Vec<Permission>> {
        None
    }

    /// Returns whether this person may do anything at all. An [`Anonymous`] may not, nor a person that has left.
    fn is_active(&self) -> bool {
        true
    }

    /// Returns the reason for what this person is about to do, for the history: see [`User::because`].
    fn reason(&self) -> Option<&str> {
        None
    }

    /// Returns this person with a reason, which the history records with what they do:
    /// `engine.cancel(id, &ann.because("sent twice"))`.
    fn because(&self, reason: impl Into<String>) -> WithReason<'_, Self>
    where
        Self: Sized,
    {
        WithReason { user: self, reason: reason.into() }
    }
}

/// A person of this name, in no group and without permissions.
impl User for UserId {
    fn id(&self) -> UserId {
        self.clone()
    }

    fn permissions(&self) -> Option<Vec<Permission>> {
        Some(Vec::new())
    }
}

/// A reference to a person of any type, as in `engine.queue(&user)` with a `user: &dyn User`.
impl<U: User + ?Sized> User for &U {
    fn id(&self) -> UserId {
        (**self).id()
    }

    fn groups(&self) -> Vec<String> {
        (**self).groups()
    }

    fn has_permission(&self, permission: &str, object: Option<&Object>) -> bool {
        (**self).has_permission(permission, object)
    }

    fn permissions(&self) -> Option<Vec<Permission>> {
        (**self).permissions()
    }

    fn is_active(&self) -> bool {
        (**self).is_active()
    }

    fn reason(&self) -> Option<&str> {
        (**self).reason()
    }
}

/// A person with a reason: see [`User::because`].
#[derive(Debug)]
pub struct WithReason<'u, U> {
    user: &'u U,
    reason: String,
}

impl<U: User> User for WithReason<'_, U> {
    fn id(&self) -> UserId {
        self.user.id()
    }

    fn groups(&self) -> Vec<String> {
        self.user.groups()
    }

    fn has_permission(&self, permission: &str, object: Option<&Object>) -> bool {
        self.user.has_permission(permission, object)
    }

    fn permissions(&self) -> Option<Vec<Permission>> {
        self.user.permissions()
    }

    fn is_active(&self) -> bool {
        self.user.is_active()
    }

    fn reason(&self) -> Option<&str> {
        Some(&self.reason)
    }
}

/// A person with every permission: for programs with one user, and for what a program does by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Superuser(pub UserId);

impl Superuser {
    /// Makes the superuser of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(UserId::new(name))
    }
}

impl User for Superuser {
    fn id(&self) -> UserId {
        self.0.clone()
    }

    fn has_permission(&self, _permission: &str, _object: Option<&Object>) -> bool {
        true
    }
}

/// An unknown person, who may do nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anonymous;

impl User for Anonymous {
    fn id(&self) -> UserId {
        UserId::new("")
    }

    fn is_active(&self) -> bool {
        false
    }
}

/// The people of the application by their names: [`EngineBuilder::people`](crate::EngineBuilder::people).
///
/// The engine keeps no users. Faces name people, and the engine asks the directory about them: the receiver of a task,
/// and what that person may do.
pub trait Directory: Send + Sync + 'static {
    /// The person with this name; none if there is no such person.
    ///
    /// # Errors
    /// When the directory cannot be read.
    fn person(&self, id: &UserId) -> Result<Option<Box<dyn User>>, DirectoryError>;

    /// People whom a text finds, the best first, at most `limit`. An empty text finds everybody.
    ///
    /// # Errors
    /// When the directory cannot be read.
    fn search(&self, text: &str, limit: usize) -> Result<Vec<Contact>, DirectoryError>;
}

/// Why a [`Directory`] cannot be read.
pub type DirectoryError = Box<dyn std::error::Error + Send + Sync>;

impl<D: Directory + ?Sized> Directory for Arc<D> {
    fn person(&self, id: &UserId) -> Result<Option<Box<dyn User>>, DirectoryError> {
        (**self).person(id)
    }

    fn search(&self, text: &str, limit: usize) -> Result<Vec<Contact>, DirectoryError> {
        (**self).search(text, limit)
    }
}

/// A person as a list shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Contact {
    /// The name under which the person acts.
    pub id: UserId,
    /// The name that people read.
    pub title: String,
}

impl Contact {
    /// The person with this name, and the name that people read.
    pub fn new(id: UserId, title: impl Into<String>) -> Self {
        Self { id, title: title.into() }
    }
}

/// The candidates that `#[candidates(|a| ..)]` gives: a [`UserId`], a [`Candidate`], or a `Vec`, an array or an
/// `Option` of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who may take a task",
    label = "expected a `UserId`, a `Candidate`, or a list of them"
)]
pub trait IntoCandidates {
    /// Returns the candidates.
    fn into_candidates(self) -> Vec<Candidate>;
}

#[diagnostic::do_not_recommend]
impl IntoCandidates for Candidate {
    fn into_candidates(self) -> Vec<Candidate> {
        vec![self]
    }
}

#[diagnostic::do_not_recommend]
impl IntoCandidates for UserId {
    fn into_candidates(self) -> Vec<Candidate> {
        vec![self.into()]
    }
}

#[diagnostic::do_not_recommend]
impl IntoCandidates for &UserId {
    fn into_candidates(self) -> Vec<Candidate> {
        vec![self.clone().into()]
    }
}

#[diagnostic::do_not_recommend]
impl<C: IntoCandidates> IntoCandidates for Vec<C> {
    fn into_candidates(self) -> Vec<Candidate> {
        self.into_iter().flat_map(C::into_candidates).collect()
    }
}

#[diagnostic::do_not_recommend]
impl<C: IntoCandidates, const N: usize> IntoCandidates for [C; N] {
    fn into_candidates(self) -> Vec<Candidate> {
        self.into_iter().flat_map(C::into_candidates).collect()
    }
}

#[diagnostic::do_not_recommend]
impl<C: IntoCandidates> IntoCandidates for Option<C> {
    fn into_candidates(self) -> Vec<Candidate> {
        self.into_iter().flat_map(C::into_candidates).collect()
    }
}
