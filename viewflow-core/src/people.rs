//! People: who they are, what they may, and who may take a task.
//!
//! Look here to implement [`User`] for the people of your application.

mod person;

pub(crate) use person::Person;
use viewflow_store::UserId;
pub use viewflow_store::{Candidate, Object, Permission};

/// A person of the host application: implement it for the type you have.
///
/// The engine keeps no users. It asks this of whoever acts, in the step in which they act, so that what was taken from a person a moment
/// ago they have not any more. Within one call of the engine it asks for the groups once, and for each permission once.
///
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
///     // Bills of his own department, and nothing else.
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
    /// The name under which tasks are assigned to this person. It must stay the same for ever.
    fn id(&self) -> UserId;

    /// The groups this person is in, for `#[candidates(group = "..")]`.
    fn groups(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether this person has a permission: on one object, or, without one, on all objects there are.
    ///
    /// Beside those that flows name, `flow.manage` and `flow.view` are asked for (with the flow's stored name), with the
    /// process as the object: a manager reassigns, cancels, retries, skips, undoes.
    fn has_permission(&self, _permission: &str, _object: Option<&Object>) -> bool {
        false
    }

    /// All permissions that this person has, on one object each or on all, where they can be told. Lists are read by them then: a queue
    /// costs what this person has, however many permissions the tasks of others take.
    ///
    /// Without it [`User::has_permission`] is asked once for each permission in use and page: for each that some task in a queue takes,
    /// but for those on an object that are held on all. That is right where few are in use, and where there is no end to the
    /// permissions that a person has.
    ///
    /// It says what lists show, and not what the person may do: of that [`User::has_permission`] decides alone. A task whose permission is
    /// told here and not there stands in the queue and cannot be taken; the other way round it can be taken and is not shown.
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

    /// Whether this person may do anything at all: not who is [`Anonymous`], or has left.
    fn is_active(&self) -> bool {
        true
    }

    /// Why this person does what he is about to do, for the history: [`User::because`].
    fn reason(&self) -> Option<&str> {
        None
    }

    /// This person with a reason, which goes into the history of what he does: `engine.cancel(id, &ann.because("sent twice"))`.
    fn because(&self, reason: impl Into<String>) -> Because<'_, Self>
    where
        Self: Sized,
    {
        Because { user: self, reason: reason.into() }
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

/// Of whatever type a person is: `engine.queue(&user)` with a `user: &dyn User`.
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

/// A person with a reason: [`User::because`].
#[derive(Debug)]
pub struct Because<'u, U> {
    user: &'u U,
    reason: String,
}

impl<U: User> User for Because<'_, U> {
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

/// Somebody who has every permission: for programs with one user, and for what the program does in nobody's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Superuser(pub UserId);

impl Superuser {
    /// The one of this name.
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

/// Nobody who is known: may do nothing.
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

/// The candidates that `#[candidates(|a| ..)]` gives: a [`UserId`], a [`Candidate`], or a `Vec`, an array or an `Option` of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who may take a task",
    label = "expected a `UserId`, a `Candidate`, or a list of them"
)]
pub trait IntoCandidates {
    /// The candidates.
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
