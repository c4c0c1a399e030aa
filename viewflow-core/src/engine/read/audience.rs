//! As what somebody may take tasks.

use std::collections::BTreeSet;

use viewflow_store::{Candidate, MAX_KEY, Object, Permission, ProcessId, Store, StoreResult, TaskRecord, UserId};

use crate::people::{Person, User};

/// How many permissions in use are read at the most at a time.
const MOST: usize = 256;

/// A person, with all roles for which queues have tasks: name, groups and permissions. Tasks for anybody are not among
/// them.
pub(in crate::engine) struct Audience {
    pub(in crate::engine) id: UserId,
    is_active: bool,
    named: BTreeSet<Candidate>,
}

impl Audience {
    /// Asks a person once for all that it takes.
    pub(in crate::engine) fn of(user: &dyn User, store: &dyn Store) -> StoreResult<Self> {
        let user = Person::for_lists(user);
        let mut named = BTreeSet::new();
        if user.is_active() {
            named.insert(Candidate::User(user.id().clone()));
            named.extend(user.groups().iter().map(Candidate::group));
            match user.permissions() {
                Some(all) => named.extend(outermost(all).cloned().map(Candidate::Permission)),
                None => held(&user, store, &mut named)?,
            }
        }
        Ok(Self { id: user.id().clone(), is_active: user.is_active(), named })
    }

    /// Each of them, and anybody; nothing for who may do nothing.
    pub(in crate::engine) fn each(&self) -> impl Iterator<Item = Option<Candidate>> {
        self.is_active.then_some(None).into_iter().chain(self.named.iter().cloned().map(Some))
    }

    /// Whether a task is for one of them, and for this person.
    pub(in crate::engine) fn includes(&self, task: &TaskRecord) -> bool {
        let is = |candidate: &Candidate| self.named.contains(candidate) || self.has_on_all(candidate);
        (task.candidates.is_empty() || task.candidates.iter().any(is)) && !task.barred.contains(&self.id)
    }

    fn has_on_all(&self, candidate: &Candidate) -> bool {
        match candidate {
            Candidate::Permission(Permission { name, object: Some(_) }) => {
                self.named.contains(&Candidate::Permission(Permission::on_all(name)))
            }
            _ => false,
        }
    }
}

/// Of permissions in their order those that no other one contains: the list of a permission on all objects has the
/// tasks of each object.
fn outermost<'p>(all: impl IntoIterator<Item = &'p Permission>) -> impl Iterator<Item = &'p Permission> {
    let mut within: Option<&str> = None;
    all.into_iter().filter(move |permission| {
        let outermost = within != Some(&*permission.name);
        if permission.object.is_none() {
            within = Some(&permission.name);
        }
        outermost
    })
}

/// The permissions in use that a person has. The engine asks the person about each of them.
fn held(user: &Person, store: &dyn Store, held: &mut BTreeSet<Candidate>) -> StoreResult<()> {
    let mut limit = 1;
    let mut after = None;
    loop {
        let page = store.permissions(after.as_ref(), limit)?;
        limit = (2 * limit).min(MOST);
        after = page.last().cloned();
        if after.is_none() {
            return Ok(());
        }
        for permission in page {
            let is_on_all = permission.object.is_none();
            if !user.has_exactly(&permission) {
                continue;
            }
            let name = permission.name.clone();
            held.insert(Candidate::Permission(permission));
            if is_on_all {
                // The list of a permission on all objects has the tasks of each.
                after = Some(after_all(&name));
                limit = 1;
                break;
            }
        }
    }
}

/// After all permissions of this name: no store takes a name as long as that of this flow.
fn after_all(name: &str) -> Permission {
    let flow = char::MAX.to_string().repeat(MAX_KEY);
    Permission::on(name, Object::Process { flow, id: ProcessId(u64::MAX) })
}
