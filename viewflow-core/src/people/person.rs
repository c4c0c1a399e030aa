//! A person within one call of the engine.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use viewflow_store::{ProcessId, UserId};

use super::{Candidate, Object, Permission, User};

/// A person within one call of the engine, with the answers about them. It does not outlive the call: a permission
/// revoked after that is gone in the next call.
pub(crate) struct Person<'u> {
    user: &'u dyn User,
    id: UserId,
    is_active: bool,
    groups: OnceCell<BTreeSet<String>>,
    /// All permissions, for lists, if the person lists them.
    all: Option<BTreeSet<Permission>>,
    is_for_lists: bool,
    /// The permissions that were asked for, and the answers.
    asked: RefCell<BTreeMap<Permission, bool>>,
}

impl<'u> Person<'u> {
    /// Makes a person that acts: each permission is asked for by its name.
    pub(crate) fn of(user: &'u dyn User) -> Self {
        Self {
            user,
            id: user.id(),
            is_active: user.is_active(),
            groups: OnceCell::new(),
            all: None,
            is_for_lists: false,
            asked: RefCell::default(),
        }
    }

    /// Makes a person that looks at lists: by the permissions in [`User::permissions`], if it returns any list.
    pub(crate) fn for_lists(user: &'u dyn User) -> Self {
        let all = user.permissions().map(|all| all.into_iter().collect());
        Self { all, is_for_lists: true, ..Self::of(user) }
    }

    pub(crate) fn id(&self) -> &UserId {
        &self.id
    }

    pub(crate) fn is_active(&self) -> bool {
        self.is_active
    }

    pub(crate) fn groups(&self) -> &BTreeSet<String> {
        self.groups.get_or_init(|| self.user.groups().into_iter().collect())
    }

    /// Returns all permissions, if they are known.
    pub(crate) fn permissions(&self) -> Option<&BTreeSet<Permission>> {
        self.all.as_ref()
    }

    /// Returns whether the person has exactly this permission: one on an object must be for that object.
    pub(crate) fn has_exactly(&self, permission: &Permission) -> bool {
        if let Some(all) = &self.all {
            return all.contains(permission);
        }
        let ask = || self.user.has_permission(&permission.name, permission.object.as_ref());
        // A list asks about each object once, and about many objects.
        if self.is_for_lists && permission.object.is_some() {
            return ask();
        }
        if let Some(answer) = self.asked.borrow().get(permission) {
            return *answer;
        }
        let answer = ask();
        self.asked.borrow_mut().insert(permission.clone(), answer);
        answer
    }

    /// Returns whether the person has a permission. A person that has it on all objects has it on each.
    pub(crate) fn has(&self, permission: &Permission) -> bool {
        self.has_exactly(&Permission::on_all(&*permission.name))
            || (permission.object.is_some() && self.has_exactly(permission))
    }

    /// Returns whether the candidate includes the person.
    pub(crate) fn is(&self, candidate: &Candidate) -> bool {
        match candidate {
            Candidate::User(id) => *id == self.id,
            Candidate::Group(group) => self.groups().contains(group),
            Candidate::Permission(permission) => self.has(permission),
        }
    }

    /// Returns the processes of a flow on which the person has one of these permissions. Returns none if that is not
    /// known, or if the person has one of them on all processes.
    pub(crate) fn processes_with(&self, permissions: &[String], flow: &str) -> Option<BTreeSet<ProcessId>> {
        let all = self.all.as_ref()?;
        let mut processes = BTreeSet::new();
        for name in permissions {
            for permission in all.range(Permission::on_all(name)..).take_while(|permission| permission.name == *name) {
                match &permission.object {
                    None => return None,
                    Some(Object::Process { flow: of, id }) if of == flow => drop(processes.insert(*id)),
                    Some(_) => {}
                }
            }
        }
        Some(processes)
    }
}
