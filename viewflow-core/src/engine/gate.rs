//! The gate: every action of a person passes it, from whatever face it comes, in the step that carries it out.

use std::collections::BTreeSet;

use viewflow_store::{Candidate, Object, Permission, ProcessId, ProcessRecord, ProcessStatus, TaskRecord, UserId};

use crate::definition::PermissionDef;
use crate::error::{Error, Place, Result};
use crate::lifecycle::{Action, Actor, process_transition, task_transition};
use crate::people::Person;

/// May this person do this to the task?
pub(super) fn pass(action: Action, user: &Person, task: &TaskRecord) -> Result<()> {
    let place = || Place::of_task(task);
    active(action, user, place)?;
    let wrong_status = || Error::wrong_status(task, action);
    let row = task_transition(action, task.kind, task.status).ok_or_else(wrong_status)?;
    if row.by.iter().any(|actor| acts_as(*actor, user, &task.flow, task.id.process, Some(task))) {
        return Ok(());
    }
    let is_for_holders = [Actor::Owner, Actor::Delegate, Actor::Holder].iter().any(|actor| row.by.contains(actor));
    match (&task.owner, task.principal()) {
        (Some(owner), _) if is_for_holders && owner != user.id() => {
            Err(Error::NotOwner { at: place(), action, user: user.id().clone(), owner: owner.clone() })
        }
        (Some(_), Some(other)) if is_for_holders => {
            let needs = format!("the task is done in the place of `{other}`, to whom it can be given back");
            Err(forbidden(action, user, place(), needs))
        }
        (Some(_), None) if is_for_holders => candidate(action, user, task),
        _ if row.by == [Actor::Candidate] => candidate(Action::Assign, user, task),
        _ => Err(forbidden(action, user, place(), needs_manager(&task.flow))),
    }
}

/// May the program do this to the task?
pub(super) fn pass_code(action: Action, task: &TaskRecord) -> Result<()> {
    let row = task_transition(action, task.kind, task.status).filter(|row| row.by.contains(&Actor::Code));
    row.map(drop).ok_or_else(|| Error::wrong_status(task, action))
}

/// May this person do this to the process?
pub(super) fn pass_process(action: Action, user: &Person, process: &ProcessRecord) -> Result<()> {
    let place = || Box::new(Place::Process { flow: process.flow.clone(), process: process.id });
    active(action, user, place)?;
    let refused = || match process.status {
        ProcessStatus::Suspended => Error::Suspended { process: process.id },
        ProcessStatus::New => Error::NotSuspended { process: process.id },
        status => Error::ProcessIsOver { process: process.id, status },
    };
    let row = process_transition(action, process.status).ok_or_else(refused)?;
    if row.by.iter().any(|actor| acts_as(*actor, user, &process.flow, process.id, None)) {
        return Ok(());
    }
    Err(forbidden(action, user, place(), needs_manager(&process.flow)))
}

/// May this person look at the process?
pub(super) fn may_view(user: &Person, flow: &str, process: ProcessId) -> bool {
    user.is_active() && acts_as(Actor::Viewer, user, flow, process, None)
}

/// May this person start a process by what the start asks for?
pub(super) fn pass_start(user: &Person, place: impl Fn() -> Box<Place>, permission: Option<&Permission>) -> Result<()> {
    match permission {
        Some(permission) => permitted(Action::Start, user, place, permission),
        None => active(Action::Start, user, place),
    }
}

/// May this person begin a process at a start for code? That takes the right of a manager on all processes of the flow.
pub(super) fn pass_run(user: &Person, flow: &str, place: impl Fn() -> Box<Place>) -> Result<()> {
    permitted(Action::Run, user, place, &Permission::on_all(named("manage", flow)))
}

/// May this person do anything at all? The engine checks it before it reads anything.
pub(super) fn pass_active(action: Action, user: &Person) -> Result<()> {
    active(action, user, || Box::new(Place::Desk))
}

/// May this person send the message of this name?
pub(super) fn pass_send(user: &Person, name: &str) -> Result<()> {
    permitted(Action::Send, user, || Place::of_message(name), &Permission::on_all(named("send", name)))
}

/// Whether this person may start what takes such a permission, as far as that can be told without a form.
pub(super) fn may_start(user: &Person, permission: Option<&PermissionDef>) -> bool {
    let may = |permission: &PermissionDef| {
        let on_all = Permission::on_all(&*permission.name);
        // The object is known only when the form is submitted.
        let on_some = || user.permissions().is_none_or(|all| all.iter().any(|other| other.name == permission.name));
        user.has(&on_all) || (permission.object.is_some() && on_some())
    };
    user.is_active() && permission.is_none_or(may)
}

/// May this person be given the task by that one?
pub(super) fn pass_receiver(action: Action, by: &Person, to: &Person, task: &TaskRecord) -> Result<()> {
    active(action, to, || Place::of_task(task))?;
    let by_manager = || acts_as(Actor::Manager, by, &task.flow, task.id.process, Some(task));
    match action {
        // A person that does it in another's place need not be able to take it.
        Action::Delegate => not_barred(Action::Assign, to, task),
        // The person for whom it is may have left.
        Action::Reassign if task.reserved && by_manager() => not_barred(Action::Assign, to, task),
        _ => candidate(Action::Assign, to, task),
    }
}

/// The person is active and has this permission.
fn permitted(action: Action, user: &Person, place: impl Fn() -> Box<Place>, permission: &Permission) -> Result<()> {
    active(action, user, &place)?;
    if user.has(permission) { Ok(()) } else { Err(forbidden(action, user, place(), needs(permission))) }
}

fn active(action: Action, user: &Person, place: impl FnOnce() -> Box<Place>) -> Result<()> {
    if user.is_active() {
        return Ok(());
    }
    let who = if user.id().as_str().is_empty() { "an unknown person" } else { "an inactive person" };
    Err(forbidden(action, user, place(), format!("{who} may do nothing")))
}

/// A person that is neither named nor permitted learns what it takes.
fn candidate(action: Action, user: &Person, task: &TaskRecord) -> Result<()> {
    not_barred(action, user, task)?;
    if is_candidate(user, task) {
        return Ok(());
    }
    let needs = match task.candidates.as_slice() {
        [Candidate::Permission(permission)] => needs(permission),
        candidates => {
            let candidates: Vec<String> = candidates.iter().map(Candidate::to_string).collect();
            format!("it is for {}", candidates.join(", "))
        }
    };
    Err(forbidden(action, user, Place::of_task(task), needs))
}

fn not_barred(action: Action, user: &Person, task: &TaskRecord) -> Result<()> {
    if task.barred.contains(user.id()) {
        let needs = "who did what it looks at may not do it as well (`not_by`)".to_owned();
        return Err(forbidden(action, user, Place::of_task(task), needs));
    }
    Ok(())
}

/// Whether somebody may take the task, by what it asks for.
pub(super) fn is_candidate(user: &Person, task: &TaskRecord) -> bool {
    let named = || task.candidates.iter().any(|candidate| user.is(candidate));
    (task.candidates.is_empty() || named()) && !task.barred.contains(user.id())
}

fn acts_as(actor: Actor, user: &Person, flow: &str, process: ProcessId, task: Option<&TaskRecord>) -> bool {
    let is = |id: Option<&UserId>| id == Some(user.id());
    match actor {
        Actor::Candidate => task.is_some_and(|task| is_candidate(user, task)),
        Actor::Holder => is(task.and_then(|task| task.owner.as_ref())),
        Actor::Owner => task.is_some_and(|task| {
            is(task.owner.as_ref()) && task.principal().is_none() && (task.given || is_candidate(user, task))
        }),
        Actor::Delegate => task.is_some_and(|task| is(task.owner.as_ref()) && task.principal().is_some()),
        Actor::Delegator => is(task.and_then(|task| task.delegated_by.as_ref())),
        Actor::Manager => user.has(&on_process("manage", flow, process)),
        Actor::Viewer => VIEW.iter().any(|right| user.has(&on_process(right, flow, process))),
        Actor::Code => false,
    }
}

/// The permissions by which somebody may look at a process.
const VIEW: [&str; 2] = ["view", "manage"];

/// The processes of a flow that this person may look at; none if that needs a look at each of them.
pub(super) fn visible(user: &Person, flow: &str) -> Option<BTreeSet<ProcessId>> {
    if !user.is_active() {
        return Some(BTreeSet::new());
    }
    user.processes_with(&VIEW.map(|right| named(right, flow)), flow)
}

/// Whether this person may look at all processes of a flow, by a permission that names none of them.
pub(super) fn views_all(user: &Person, flow: &str) -> bool {
    user.is_active() && VIEW.iter().any(|right| user.has_exactly(&Permission::on_all(named(right, flow))))
}

fn named(right: &str, flow: &str) -> String {
    format!("{flow}.{right}")
}

/// A permission on a process: `flow.manage`.
fn on_process(right: &str, flow: &str, process: ProcessId) -> Permission {
    Permission::on(named(right, flow), Object::Process { flow: flow.to_owned(), id: process })
}

fn needs_manager(flow: &str) -> String {
    format!("that takes the permission `{flow}.manage`")
}

fn needs(permission: &Permission) -> String {
    format!("that takes the permission {permission}")
}

fn forbidden(action: Action, user: &Person, at: Box<Place>, needs: String) -> Error {
    Error::Forbidden { at, action, user: user.id().clone(), needs }
}
