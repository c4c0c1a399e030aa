//! People of a task: its candidates, its owner, and its due date.

use std::any::Any;

use viewflow_store::{Candidate, EventKind, MAX_NAME, Permission, TaskId, TaskRecord, TaskStatus, Timestamp, UserId};

use super::Step;
use crate::definition::{Definition, NodeDef};
use crate::error::{Error, Result};
use crate::unit::Db;

/// The people and dates that a new task gets from its flow.
#[derive(Default)]
pub(super) struct People {
    owner: Option<UserId>,
    candidates: Vec<Candidate>,
    barred: Vec<UserId>,
    due_date: Option<Timestamp>,
    priority: Option<i32>,
}

impl Step {
    /// Returns the permission that a start asks for.
    pub(super) fn permission_of(&mut self, def: &Definition, node: usize, task: TaskId) -> Result<Option<Permission>> {
        let node = &def.nodes[node];
        let Some(permission) = &node.people.permission else { return Ok(None) };
        let task = self.task(task)?;
        self.ask(node, &task, |_, activation| permission.asked(&*def.flow, activation)).map(Some)
    }

    pub(super) fn ask_people(
        &self,
        def: &Definition,
        node: &NodeDef,
        task: &TaskRecord,
        activation: &dyn Any,
    ) -> Result<People> {
        let (flow, asked) = (&*def.flow, &node.people);
        let mut people = People::default();
        if let Some(permission) = &asked.permission {
            people.candidates = vec![Candidate::Permission(permission.asked(flow, activation)?)];
        }
        if let Some(candidates) = &asked.candidates {
            people.candidates = candidates(flow, activation)?;
            if people.candidates.is_empty() {
                // A record without candidates means everybody.
                return Err(Error::Empty("the list of candidates"));
            }
        }
        people.candidates.iter().try_for_each(check_candidate)?;
        for other in &asked.not_by {
            people.barred.extend(self.db.unit(|unit| unit.doers(task.id, other))?);
        }
        people.barred.sort_unstable();
        people.barred.dedup();
        people.owner = match &asked.assign {
            Some(assign) => assign(flow, activation)?,
            None => self.db.unit(|unit| unit.last_doer(task.id, &asked.same_as))?,
        };
        people.owner = people.owner.filter(|owner| !people.barred.contains(owner));
        people.due_date = asked.due.as_ref().map(|due| due.at(self.db.now(), flow, activation)).transpose()?;
        people.priority = asked.priority.as_ref().map(|priority| priority(flow, activation)).transpose()?;
        Ok(people)
    }

    pub(super) fn note_people(&mut self, id: TaskId, people: People) -> Result<()> {
        let People { owner, mut candidates, barred, due_date, priority } = people;
        let reserved_for = owner.clone().filter(|_| candidates.is_empty());
        let reserved = reserved_for.is_some();
        // If the task is given back, it stays reserved: a record without candidates would mean everybody.
        candidates.extend(reserved_for.map(Candidate::User));
        self.change_task(id, |task| {
            (task.candidates, task.barred, task.reserved) = (candidates, barred, reserved);
            // When a task is made again, what a person has set stays.
            task.due_date = task.due_date.or(due_date);
            task.priority = task.priority.or(priority);
        })?;
        owner.map_or(Ok(()), |owner| assign(&self.db, id, owner, true))
    }
}

fn check_candidate(candidate: &Candidate) -> Result<()> {
    match candidate {
        Candidate::User(user) => check_name("a candidate", user.as_str()),
        Candidate::Group(name) => check_name("the group of a candidate", name),
        Candidate::Permission(permission) => check_name("a permission", &permission.name),
    }
}

/// Checks a name. A task for an empty name would be visible to no person, and names are in keys of the store.
fn check_name(whose: &'static str, name: &str) -> Result<()> {
    match name.len() {
        _ if name.trim().is_empty() => Err(Error::msg(format!("{whose} has no name: give it one"))),
        length if length > MAX_NAME => {
            Err(Error::msg(format!("{whose} has a name of {length} bytes: {MAX_NAME} are the most")))
        }
        _ => Ok(()),
    }
}

/// Gives a task to a person. `given` says whether that person keeps the task without being a candidate.
pub(crate) fn assign(db: &Db, id: TaskId, owner: UserId, given: bool) -> Result<()> {
    check_name("the person who gets the task", owner.as_str())?;
    db.unit(|unit| {
        let now = unit.now;
        let task = unit.change_task(id)?;
        task.status = TaskStatus::Assigned;
        task.pass_to(Some(owner.clone()), None);
        task.given = given;
        task.assigned = Some(now);
        task.draft = None;
        let node = task.node.clone();
        unit.record(id.process, EventKind::TaskAssigned { task: id.ordinal, node, owner })
    })
}

/// Lets another person do a task in the place of its owner.
pub(crate) fn delegate(db: &Db, id: TaskId, to: UserId) -> Result<()> {
    check_name("the person who gets the task", to.as_str())?;
    db.unit(|unit| {
        let now = unit.now;
        let task = unit.change_task(id)?;
        // The new owner also does it in the place of the last principal, unless that is the new owner.
        let principal = task.doers().last().filter(|principal| **principal != to).cloned();
        task.pass_to(Some(to.clone()), principal);
        task.assigned = Some(now);
        task.draft = None;
        let (node, own) = (task.node.clone(), task.delegated_by.is_none());
        unit.record(
            id.process,
            if own {
                EventKind::TaskAssigned { task: id.ordinal, node, owner: to }
            } else {
                EventKind::TaskDelegated { task: id.ordinal, node, to }
            },
        )
    })
}

/// Takes a task back from its owner. It is then unassigned, or back with the person that delegated it.
pub(crate) fn unassign(db: &Db, id: TaskId) -> Result<()> {
    db.unit(|unit| {
        let now = unit.now;
        let task = unit.change_task(id)?;
        task.pass_to(task.delegated_by.clone(), None);
        task.draft = None;
        let back = task.owner.clone();
        task.given &= back.is_some();
        task.status = if back.is_some() { TaskStatus::Assigned } else { TaskStatus::New };
        task.assigned = back.is_some().then_some(now);
        let node = task.node.clone();
        unit.record(
            id.process,
            match back {
                Some(owner) => EventKind::TaskAssigned { task: id.ordinal, node, owner },
                None => EventKind::TaskUnassigned { task: id.ordinal, node },
            },
        )
    })
}
