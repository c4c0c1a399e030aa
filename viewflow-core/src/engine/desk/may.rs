//! The actions that a person may do now, and the reasons against the rest: for the buttons of a page.

use serde::Serialize;
use viewflow_store::{NodeName, ProcessRecord, ProcessStatus, TaskRecord, TaskStatus};

use crate::definition::NodeDef;
use crate::engine::{Engine, gate, no_node};
use crate::error::{Error, Place, Result};
use crate::lifecycle::{Action, PROCESS_TRANSITIONS, TASK_TRANSITIONS};
use crate::people::Person;

/// Whether a person may do something now.
///
/// It shows the verdict of the gate on the task or process as it is.
/// The action itself can still fail: a form may be wrong, and a step back may have no way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MayDo {
    /// What.
    pub action: Action,
    /// Whether this person may do it.
    pub allowed: bool,
    /// Why not, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<WhyNot>,
}

/// Why a person may not do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WhyNot {
    /// The kind of the error, for programs: `forbidden`, `not_owner`, `wrong_status`, `suspended`.
    pub kind: &'static str,
    /// What the error says, for people.
    pub message: String,
}

impl MayDo {
    fn of(action: Action, may: Result<()>) -> Self {
        let why_not = may.err().map(|error| WhyNot { kind: kind_of(&error), message: error.to_string() });
        Self { action, allowed: why_not.is_none(), why_not }
    }
}

impl Engine {
    /// The verdicts on all actions that can ever be done to tasks of its kind.
    pub(in crate::engine) fn may_do(&self, person: &Person, process: &ProcessRecord, task: &TaskRecord) -> Vec<MayDo> {
        let def = self.0.flows.get(task.flow.as_str());
        let node = def.and_then(|def| def.find(&task.node).map(|node| &def.nodes[node]));
        let has_row = |action: Action| match action {
            Action::GoBack => task.kind.acts(),
            _ => TASK_TRANSITIONS.iter().any(|row| row.action == action && (row.kinds.has)(task.kind)),
        };
        let actions = Action::ALL.into_iter().filter(|action| has_row(*action));
        actions.map(|action| MayDo::of(action, may(action, person, process, task, node))).collect()
    }
}

/// What a person may do to a process.
pub(in crate::engine) fn may_do_to_process(person: &Person, process: &ProcessRecord) -> Vec<MayDo> {
    let has_row = |action: Action| PROCESS_TRANSITIONS.iter().any(|row| row.action == action && !row.from.is_empty());
    let actions = Action::ALL.into_iter().filter(|action| has_row(*action));
    actions.map(|action| MayDo::of(action, gate::pass_process(action, person, process))).collect()
}

/// May this person do this to a task now?
fn may(
    action: Action,
    person: &Person,
    process: &ProcessRecord,
    task: &TaskRecord,
    node: Option<&NodeDef>,
) -> Result<()> {
    if action == Action::GoBack {
        gate::pass_process(action, person, process)?;
        if task.status != TaskStatus::Done {
            return Err(Error::wrong_status(task, action));
        }
    } else {
        gate::pass(action, person, task)?;
    }
    if process.status == ProcessStatus::Suspended {
        return Err(Error::Suspended { process: process.id });
    }
    match node {
        None if !matches!(action, Action::CancelTask | Action::Move) => {
            Err(no_node(&NodeName::new(&task.flow, &task.node), "any more"))
        }
        // Nobody goes on without what a person decides.
        Some(node) if action == Action::Skip && node.decide.is_some() => {
            Err(Error::Undecided { at: Place::of_task(task) })
        }
        _ => Ok(()),
    }
}

/// The kind of an error of the gate.
fn kind_of(error: &Error) -> &'static str {
    match error {
        Error::Forbidden { .. } => "forbidden",
        Error::NotOwner { .. } => "not_owner",
        Error::WrongStatus { .. } => "wrong_status",
        Error::ProcessIsOver { .. } => "process_is_over",
        Error::Suspended { .. } => "suspended",
        Error::NotSuspended { .. } => "not_suspended",
        Error::Undecided { .. } => "undecided",
        Error::NoNode { .. } => "no_node",
        _ => "other",
    }
}
