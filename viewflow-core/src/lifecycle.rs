//! The life cycle: which actions are possible on tasks and processes, in which status, and by whom. The engine's gate
//! checks every action against this one table.

use std::fmt;

use serde::Serialize;
use viewflow_graph::Kind;

/// An action on a task or a process.
///
/// It is serialized by its name in lower case with underscores: `go_back`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Takes a task.
    Assign,
    /// Gives a task back, or takes it from the person that has it.
    Unassign,
    /// Gives a task to another person that may have it.
    Reassign,
    /// Lets another person do a task in the owner's place.
    Delegate,
    /// Saves what was filled in so far.
    Draft,
    /// Does a task.
    Execute,
    /// Sets a task's due date, priority or follow-up date.
    Reschedule,
    /// Does a task that waits for code, or begins a process at a start for code.
    Run,
    /// Adds a child to a sub-process that has begun.
    AddChild,
    /// Cancels a task.
    CancelTask,
    /// Tries a failed task again.
    Retry,
    /// Makes a canceled or failed task again.
    Revive,
    /// Lets a task go on at another node.
    Move,
    /// Goes on without a task.
    Skip,
    /// Takes back what a task has done.
    Undo,
    /// Starts a process.
    Start,
    /// Looks at a process.
    View,
    /// Ends a process.
    Cancel,
    /// Takes back what was done since a node.
    GoBack,
    /// Stops a process for a while.
    Suspend,
    /// Lets a suspended process go on.
    Resume,
    /// Sends a message: that takes the permission `NAME.send`, with the name of the message.
    Send,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 22] = [
        Self::Assign,
        Self::Unassign,
        Self::Reassign,
        Self::Delegate,
        Self::Draft,
        Self::Execute,
        Self::Reschedule,
        Self::Run,
        Self::AddChild,
        Self::CancelTask,
        Self::Retry,
        Self::Revive,
        Self::Move,
        Self::Skip,
        Self::Undo,
        Self::Start,
        Self::View,
        Self::Cancel,
        Self::GoBack,
        Self::Suspend,
        Self::Resume,
        Self::Send,
    ];

    /// Returns its name in messages: "cannot cancel a task that is done".
    pub const fn name(self) -> &'static str {
        match self {
            Self::Assign => "assign",
            Self::Unassign => "unassign",
            Self::Reassign => "reassign",
            Self::Delegate => "delegate",
            Self::Draft => "draft",
            Self::Execute => "execute",
            Self::Reschedule => "reschedule",
            Self::Run => "run",
            Self::AddChild => "add a child to",
            Self::CancelTask | Self::Cancel => "cancel",
            Self::Retry => "retry",
            Self::Revive => "revive",
            Self::Move => "move",
            Self::Skip => "skip",
            Self::Undo => "undo",
            Self::Start => "start",
            Self::View => "view",
            Self::GoBack => "go back to",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Send => "send",
        }
    }

    /// Returns its name as a person does it: a task is assigned, and a person takes it.
    pub(crate) const fn of_oneself(self) -> &'static str {
        match self {
            Self::Assign => "take",
            Self::GoBack => "go back in",
            other => other.name(),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The capacity in which a person acts, or the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Actor {
    /// A person that may take the task or start the process, by its permission or as its candidate. If it names none,
    /// everybody is a candidate.
    Candidate,
    /// The person that has the task in their own right: they took it and are still a candidate, or the flow gave it to
    /// them.
    Owner,
    /// The person that has the task in the place of another person.
    Delegate,
    /// The person that has the task, whether or not they may still do it.
    Holder,
    /// The person that had the task, and delegated it.
    Delegator,
    /// A person with the permission `flow.manage`.
    Manager,
    /// A person with the permission `flow.view` or `flow.manage`.
    Viewer,
    /// The program itself.
    Code,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Candidate => "candidate",
            Self::Owner => "owner",
            Self::Delegate => "delegate",
            Self::Holder => "holder",
            Self::Delegator => "delegator",
            Self::Manager => "manager",
            Self::Viewer => "viewer",
            Self::Code => "the program",
        })
    }
}

/// A group of kinds of nodes.
#[derive(Clone, Copy, Debug)]
pub struct Kinds {
    /// The group in words.
    pub name: &'static str,
    /// Returns whether a kind belongs to the group.
    pub has: fn(Kind) -> bool,
}

/// One row of the table of tasks: an action that is possible on tasks of some kinds.
#[derive(Clone, Copy, Debug)]
pub struct TaskTransition {
    /// The action.
    pub action: Action,
    /// The kinds of tasks on which it is possible.
    pub kinds: Kinds,
    /// The statuses in which it is possible.
    pub from: &'static [TaskStatus],
    /// The status of the task afterwards.
    pub to: &'static [TaskStatus],
    /// The people that may do it.
    pub by: &'static [Actor],
}

/// One row of the table of processes: an action that is possible on processes.
#[derive(Clone, Copy, Debug)]
pub struct ProcessTransition {
    /// The action.
    pub action: Action,
    /// The statuses in which it is possible; empty if there is no process yet.
    pub from: &'static [ProcessStatus],
    /// The status of the process afterwards, unless something else in the step ends it.
    pub to: &'static [ProcessStatus],
    /// The people that may do it.
    pub by: &'static [Actor],
}

const PERSONS: Kinds = Kinds { name: "`View`, `ManualTask`", has: Kind::is_task_of_a_person };
const HANDLES: Kinds = Kinds { name: "`Handle`", has: |kind| kind == Kind::Handle };
const SUBPROCESSES: Kinds = Kinds { name: "`Subprocess`, `NSubprocess`", has: Kind::has_children };
const WAITING: Kinds = Kinds { name: "all that wait", has: Kind::waits };
const ALL: Kinds = Kinds { name: "all", has: |_| true };
const REVIVABLE: Kinds =
    Kinds { name: "all but starts and `Join`", has: |kind| kind != Kind::Join && !kind.is_start() };
const ACTING: Kinds = Kinds { name: "all but ends and gateways", has: Kind::acts };
const ONE_WAY: Kinds = Kinds {
    name: "all with one way on, `#[next(..)]`, but starts and `Join`",
    has: |kind| kind.acts() && !kind.is_start(),
};

use Actor::{Candidate, Code, Delegate, Delegator, Holder, Manager, Owner, Viewer};
use TaskStatus::{Assigned, Canceled, Done, Error, New, Revived, Scheduled, Started};
use viewflow_store::{ProcessStatus, TaskStatus};

/// The actions that are possible on tasks.
pub const TASK_TRANSITIONS: &[TaskTransition] = &[
    task(Action::Assign, PERSONS, &[New], &[Assigned], &[Candidate]),
    task(Action::Assign, PERSONS, &[Assigned], &[Assigned], &[Holder]),
    task(Action::Unassign, PERSONS, &[Assigned], &[New, Assigned], &[Holder, Delegator, Manager]),
    task(Action::Reassign, PERSONS, &[New], &[Assigned], &[Manager]),
    task(Action::Reassign, PERSONS, &[Assigned], &[Assigned], &[Owner, Manager]),
    task(Action::Delegate, PERSONS, &[Assigned], &[Assigned], &[Owner, Delegate]),
    task(Action::Draft, PERSONS, &[Assigned], &[Assigned], &[Owner, Delegate]),
    task(Action::Execute, PERSONS, &[Assigned], &[Done], &[Owner, Delegate]),
    task(Action::Reschedule, PERSONS, &[New], &[New], &[Manager]),
    task(Action::Reschedule, PERSONS, &[Assigned], &[Assigned], &[Owner, Delegate, Manager]),
    task(Action::Run, HANDLES, &[New], &[Done], &[Manager, Code]),
    task(Action::AddChild, SUBPROCESSES, &[Started], &[Started, Done, Error, Canceled], &[Manager, Code]),
    task(Action::CancelTask, WAITING, &[New, Assigned, Scheduled, Started], &[Canceled], &[Manager]),
    task(Action::CancelTask, ALL, &[Error], &[Canceled], &[Manager]),
    task(Action::Retry, ALL, &[Error], &[New, Assigned, Scheduled, Started, Done, Revived], &[Manager]),
    task(Action::Revive, REVIVABLE, &[Canceled, Error], &[Revived], &[Manager]),
    task(Action::Move, WAITING, &[New, Assigned, Scheduled, Started], &[Revived], &[Manager]),
    task(Action::Move, ALL, &[Error], &[Revived], &[Manager]),
    task(Action::Skip, ONE_WAY, &[New, Assigned, Scheduled, Started, Error], &[Done], &[Manager]),
    task(Action::Undo, ACTING, &[Done], &[Revived, Canceled], &[Manager]),
];

/// The actions that are possible on processes.
pub const PROCESS_TRANSITIONS: &[ProcessTransition] = &[
    process(Action::Start, &[], &[ProcessStatus::New], &[Candidate]),
    process(Action::Run, &[], &[ProcessStatus::New], &[Manager, Code]),
    process(Action::View, &ProcessStatus::ALL, &ProcessStatus::ALL, &[Viewer]),
    process(
        Action::GoBack,
        &[ProcessStatus::New],
        &[ProcessStatus::New, ProcessStatus::Done, ProcessStatus::Failed, ProcessStatus::Canceled],
        &[Manager],
    ),
    process(Action::Suspend, &[ProcessStatus::New], &[ProcessStatus::Suspended], &[Manager]),
    process(Action::Resume, &[ProcessStatus::Suspended], &[ProcessStatus::New], &[Manager]),
    process(Action::Cancel, &[ProcessStatus::New, ProcessStatus::Suspended], &[ProcessStatus::Canceled], &[Manager]),
];

const fn task(
    action: Action,
    kinds: Kinds,
    from: &'static [TaskStatus],
    to: &'static [TaskStatus],
    by: &'static [Actor],
) -> TaskTransition {
    TaskTransition { action, kinds, from, to, by }
}

const fn process(
    action: Action,
    from: &'static [ProcessStatus],
    to: &'static [ProcessStatus],
    by: &'static [Actor],
) -> ProcessTransition {
    ProcessTransition { action, from, to, by }
}

/// Returns the row for an action on a task of this kind in this status.
pub fn task_transition(action: Action, kind: Kind, status: TaskStatus) -> Option<&'static TaskTransition> {
    TASK_TRANSITIONS.iter().find(|row| row.action == action && (row.kinds.has)(kind) && row.from.contains(&status))
}

/// Returns why an action is refused, after "cannot ..": because of the status of the task, or of its kind.
pub(crate) fn refusal(action: Action, kind: Kind, status: TaskStatus, because: Option<&str>) -> String {
    let rows = || TASK_TRANSITIONS.iter().filter(|row| row.action == action);
    let by_somebody = |row: &TaskTransition| row.kinds.name == PERSONS.name || row.by.contains(&Code);
    if rows().any(|row| (row.kinds.has)(kind)) || !rows().any(by_somebody) {
        let because = because.map(|because| format!(", {because}")).unwrap_or_default();
        return format!("{action} a task that is {status}{because}");
    }
    let instead = match kind {
        Kind::Handle => "the program does it, with `engine.task(node, id)?.run(..)`, or a manager by the command `run`",
        Kind::Job => "a worker does it",
        kind if kind.has_children() => "it is done when its sub-processes are",
        kind if kind.is_task_of_a_person() => "a person does it",
        _ => "the engine does it",
    };
    format!("{action} a `{kind}`: {instead}")
}

/// Returns the row for an action on a process in this status.
pub fn process_transition(action: Action, status: ProcessStatus) -> Option<&'static ProcessTransition> {
    PROCESS_TRANSITIONS.iter().find(|row| row.action == action && row.from.contains(&status))
}

/// Returns the table as Markdown, as the guide shows it.
pub fn table() -> String {
    fn list<T: ToString>(items: &[T]) -> String {
        items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
    let mut lines =
        vec!["| action | tasks | in status | have then | by |".to_owned(), "|---|---|---|---|---|".to_owned()];
    for TaskTransition { action, kinds, from, to, by } in TASK_TRANSITIONS {
        lines.push(format!("| {action} | {} | {} | {} | {} |", kinds.name, list(from), list(to), list(by)));
    }
    lines.extend([
        String::new(),
        "| action | processes in status | have then | by |".to_owned(),
        "|---|---|---|---|".to_owned(),
    ]);
    for ProcessTransition { action, from, to, by } in PROCESS_TRANSITIONS {
        let from = if from.is_empty() { "none yet".to_owned() } else { list(from) };
        lines.push(format!("| {action} | {from} | {} | {} |", list(to), list(by)));
    }
    lines.join("\n") + "\n"
}
