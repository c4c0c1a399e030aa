//! Errors, and where they happened.

mod fields;
mod place;
mod reply;
mod stale;

use std::time::Duration;

pub use fields::{Complaint, FieldErrors};
pub use place::Place;
pub use reply::Reply;
use serde_json::Value;
pub use stale::Stale;
pub(crate) use stale::by_fields;
use viewflow_graph::Kind;
pub use viewflow_store::StoreError;
use viewflow_store::{ProcessId, ProcessStatus, TaskError, TaskId, TaskRecord, TaskStatus, UserId};

use crate::lifecycle::{self, Action};

/// The result of everything that can fail in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error. A step that fails leaves nothing behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The values filled in do not fit the form.
    #[error("{at}: the form is not filled in right: {errors}")]
    Form {
        /// The task's node and process.
        at: Box<Place>,
        /// One list of complaints for each field.
        errors: FieldErrors,
    },
    /// A document does not fit the struct as which it is read, or a struct breaks its own field rules.
    #[error("{at}: {errors}")]
    Data {
        /// The process and node, or the table and row.
        at: Box<Place>,
        /// One list of complaints for each field.
        errors: FieldErrors,
    },
    /// A handler or data closure of the application failed.
    #[error("{at}: {source}")]
    Handler {
        /// The place where it was called.
        at: Box<Place>,
        /// The error with which it failed.
        source: Box<Error>,
    },
    /// An error of the application itself.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
    /// There is no such process.
    #[error("there is no process {0}")]
    NoProcess(ProcessId),
    /// A process has no event of this number.
    #[error("process {process} has no event {number}: its events are 1 to {last}")]
    NoEvent {
        /// The process.
        process: ProcessId,
        /// The number that was asked for.
        number: u32,
        /// The number of its last event.
        last: u32,
    },
    /// There is no such task.
    #[error("there is no task {0}")]
    NoTask(TaskId),
    /// No task fits the query.
    #[error("no task is in {0}")]
    NoneListed(String),
    /// The task belongs to another node or flow than expected.
    #[error("task {task} is of `{found}`, not of `{expected}`: use the node handle of its own node")]
    OtherNode {
        /// The task.
        task: TaskId,
        /// The node asked for, as `flow.node`.
        expected: String,
        /// The node the task is of, as `flow.node`.
        found: String,
    },
    /// The process belongs to another flow than expected.
    #[error("process {process} is of flow `{found}`, not of `{expected}`")]
    OtherFlow {
        /// The process.
        process: ProcessId,
        /// The flow asked for.
        expected: String,
        /// The flow the process is of.
        found: String,
    },
    /// The action is not possible in the task's status, or not on tasks of this kind.
    #[error("{at}: cannot {}", lifecycle::refusal(*action, *kind, *status, *because))]
    WrongStatus {
        /// The task.
        at: Box<Place>,
        /// The action that was tried.
        action: Action,
        /// The kind of the task's node.
        kind: Kind,
        /// The status the task has.
        status: TaskStatus,
        /// Another obstacle, if the status alone does not forbid it.
        because: Option<&'static str>,
    },
    /// The task belongs to another person.
    #[error("{at}: `{user}` cannot {} a task that belongs to `{owner}`", action.of_oneself())]
    NotOwner {
        /// The task.
        at: Box<Place>,
        /// The action that was tried.
        action: Action,
        /// The person that tried it.
        user: UserId,
        /// The owner of the task.
        owner: UserId,
    },
    /// The person may not do this.
    #[error("{at}: `{user}` may not {} this: {needs}", action.of_oneself())]
    Forbidden {
        /// The task, the process or the start.
        at: Box<Place>,
        /// The action that was refused. If a task was to be given to a person, it is to take the task.
        action: Action,
        /// The person that tried it, or the person that was to get the task.
        user: UserId,
        /// The missing permission or role.
        needs: String,
    },
    /// The input of a node cannot be sent by a face: its type is no form.
    #[error(
        "{at}: takes a `{input}`, which a face cannot send: make it a struct or an enum with `#[derive(Form, Clone)]`"
    )]
    NoForm {
        /// The task, or the start.
        at: Box<Place>,
        /// The type of the input.
        input: &'static str,
    },
    /// There is no such person.
    #[error("there is no person `{0}`")]
    NoPerson(UserId),
    /// A person was named, and the engine knows no people.
    #[error(
        "people are found by name in a directory, and there is none here: give one to `Engine::builder(..).people(..)`"
    )]
    NoDirectory,
    /// An optional value is empty where it is needed.
    #[error("{0} is empty here: set it in an earlier step, or make what uses it an `Option`")]
    Empty(&'static str),
    /// The row does not exist, or no longer exists.
    #[error("table `{table}` has no row {id}{}", field.as_ref().map(|f| format!(", which `{f}` refers to")).unwrap_or_default())]
    NoRow {
        /// The table.
        table: String,
        /// The row's number.
        id: u64,
        /// The field that refers to it, if there is one: `table.field`, or the name of a process's field.
        field: Option<String>,
    },
    /// Another row, or another process, has the same value in a unique field. If a person sent that value in a form,
    /// [`Error::field_errors`] names the field.
    #[error("{} has the same `{field}` already, and it is unique", other_one(table, *row, process.is_some()))]
    NotUnique {
        /// The table. For a field of a process, it is the table of the columns.
        table: String,
        /// The unique field.
        field: String,
        /// The value.
        value: Box<Value>,
        /// The row that has the value, or the number of the process.
        row: u64,
        /// The process that was to have the value too, if it is a field of a process.
        process: Option<ProcessId>,
        /// Other unique values of the same row or process that are taken too, with their fields.
        also: Box<[(String, Value)]>,
        /// The complaints (`taken`) at the fields of the form in which a person sent the values; empty if no person
        /// did.
        errors: Box<FieldErrors>,
    },
    /// The row cannot be deleted, or the process cannot be forgotten, because others refer to it.
    #[error("{}: {} refers to it in `{field}`", protected(table, *id, *process), one(by_table, *by, *by_process))]
    Protected {
        /// The table of the row. For a process, it is the table of the columns.
        table: String,
        /// The number of the row or process.
        id: u64,
        /// Whether it is a process.
        process: bool,
        /// The table that refers to it.
        by_table: String,
        /// The row that refers to it, or the number of the process.
        by: u64,
        /// Whether a process refers to it, in a field that is a column.
        by_process: bool,
        /// The referring field.
        field: String,
    },
    /// Something has happened to a task since the person saw it: somebody was faster. Nothing was written.
    #[error("{at}: somebody was faster: the task is no longer as it was when it was shown (event {seen}, now {now})")]
    Overtaken {
        /// The task.
        at: Box<Place>,
        /// The tag with which the person saw it.
        seen: u32,
        /// The tag that it has now.
        now: u32,
    },
    /// The key under which an action is to happen once was used for another action, or for another body of it.
    #[error("the key `{key}` was used for another action: give each action a key of its own")]
    OtherAction {
        /// The key.
        key: String,
    },
    /// The key under which an action is to happen once is empty or too long.
    #[error("the key of an action that happens once is from 1 to {max} bytes long: this one has {length}")]
    BadKey {
        /// How long it is, in bytes.
        length: usize,
        /// How long it may be.
        max: usize,
    },
    /// The cursor is of another list, or of the same one with other filters or another order.
    #[error("this cursor is of another list: it goes on in the list that gave it, with the same filters and order")]
    OtherList,
    /// Processes cannot be found by this column.
    #[error("{}processes cannot be listed by the column `{column}`: {why}", of_flow(flow.as_deref()))]
    NoColumn {
        /// The flow, where it was given.
        flow: Option<String>,
        /// The column asked for.
        column: String,
        /// Why not, and what helps.
        why: String,
    },
    /// The engine's builder was given no flow of this name.
    #[error("flow `{0}` is not known here: give it to `Engine::builder(..).flow(..)`")]
    NoFlow(String),
    /// The flow has no such node, or no such node that can be used in this way.
    #[error("flow `{flow}` has no node `{node}` {what}")]
    NoNode {
        /// The flow.
        flow: String,
        /// The name of the node.
        node: String,
        /// How the node was to be used.
        what: &'static str,
    },
    /// A task cannot go on at this node.
    #[error("{at}: the task cannot be moved to `{to}`, which {why}")]
    CannotMove {
        /// The task.
        at: Box<Place>,
        /// The node to which it was to be moved.
        to: String,
        /// The reason.
        why: String,
    },
    /// The engine cannot be built from these flows over this store.
    #[error("the engine cannot be built:\n{}", .0.iter().map(|p| format!("- {p}")).collect::<Vec<_>>().join("\n"))]
    Build(Vec<String>),
    /// Other steps kept changing what this one reads: in each of 100 attempts, or in 10 or more within a minute or
    /// longer. Nothing was written.
    ///
    /// A step that is overtaken gets a turn, in which others wait for it (`Store::turn`). So this error has one of
    /// three causes. The step takes ten seconds or more each time, it waits for other steps itself, or the store has no
    /// turns. Try again, and let the step do less: long work belongs in a job.
    #[error(
        "other steps kept changing what this step reads ({attempts} attempts in {waited:.0?}): try again, and let the step take less time"
    )]
    Contended {
        /// How often the engine tried the step.
        attempts: u32,
        /// How long the engine tried.
        waited: Duration,
    },
    /// Another version of the program has renewed how these rows, processes or tasks are indexed. Nothing was written.
    ///
    /// That version would not find what an engine of this version writes, and this one would not find what that one has
    /// written.
    #[error(
        "another version of the program has renewed how {of} are found{}: this version must no longer write or query \
         them; start the newer program here, too",
        by_fields(fields)
    )]
    Superseded {
        /// The data that is indexed in another way.
        of: Stale,
        /// The stored keys of the fields that differ.
        fields: Vec<String>,
    },
    /// An engine under construction is renewing how these rows, processes or tasks are indexed. Nothing was written.
    #[error("an engine that is being built is renewing how {of} are found: try again when it is built")]
    Renewing {
        /// The data that is being indexed.
        of: Stale,
    },
    /// A table was used after its step was over.
    #[error("this table belongs to a step that is over: use it inside the handler or transaction that gave it")]
    StepIsOver,
    /// A handler called the engine.
    #[error("a handler is part of a step and cannot start another step: read and write through its activation")]
    StepInStep,
    /// An error of the application that flows know by its code: see [`Error::coded`].
    #[error("{message}")]
    Coded {
        /// The code that `#[on_error(code = "..")]` names.
        code: String,
        /// The message.
        message: String,
    },
    /// A handler or data closure panicked. Its step failed as if it had returned an error.
    #[error("{at}: panicked: {message}")]
    Panicked {
        /// The place where it was called.
        at: Box<Place>,
        /// The message of the panic.
        message: String,
    },
    /// The action needs an open process, and this one is over.
    #[error("process {process} is {status} already")]
    ProcessIsOver {
        /// The process.
        process: ProcessId,
        /// The status of the process.
        status: ProcessStatus,
    },
    /// The process is suspended, so nothing in it goes on.
    #[error("process {process} is suspended: nothing in it goes on before it is resumed")]
    Suspended {
        /// The process.
        process: ProcessId,
    },
    /// The process is not suspended, so it cannot be resumed.
    #[error("process {process} is not suspended")]
    NotSuspended {
        /// The process.
        process: ProcessId,
    },
    /// A task cannot be undone alone, because a later task is done.
    #[error("{at}: cannot be undone alone, as {after} came after it and is done: use `go_back` to take back both")]
    DoneAfter {
        /// The task that was to be undone.
        at: Box<Place>,
        /// The newest task that came after it.
        after: Box<Place>,
    },
    /// The work of this task cannot be taken back.
    #[error("{at}: cannot be taken back: {why}")]
    NoWayBack {
        /// The task.
        at: Box<Place>,
        /// The reason.
        why: &'static str,
    },
    /// This task goes on by what a person decides, so it cannot go on without a decision.
    #[error(
        "{at}: goes on by what a person decides, so it cannot be skipped: decide it, or move its token to another node"
    )]
    Undecided {
        /// The task.
        at: Box<Place>,
    },
    /// One step made task after task without ever waiting.
    #[error(
        "{at}: this step made {tasks} tasks one after the other without waiting: a loop whose condition never changes?"
    )]
    Endless {
        /// The last task.
        at: Box<Place>,
        /// How many tasks came before it.
        tasks: u32,
    },
    /// A worker came too late: its job was taken over, or is gone. Its result is not recorded.
    #[error("{at}: attempt {attempt} came too late: the job was taken over, canceled or failed in the meantime")]
    LeaseLost {
        /// The job's task.
        at: Box<Place>,
        /// The attempt.
        attempt: u32,
    },
    /// A subscriber could not take an event. The engine delivers the event again later.
    #[error("subscriber `{name}` failed at event {number} of process {process}: {source}")]
    Subscriber {
        /// The subscriber.
        name: String,
        /// The process in which the event happened.
        process: ProcessId,
        /// The number of the event.
        number: u32,
        /// The error with which it failed.
        source: Box<Error>,
    },
    /// No flow of this engine waits for this signal or message.
    #[error("no flow here waits for {what} `{name}`{}", near.as_ref().map(|n| format!(", did you mean `{n}`?")).unwrap_or_default())]
    NobodyListens {
        /// Whether it is a signal or a message.
        what: &'static str,
        /// Its name.
        name: String,
        /// A similar name that some flow waits for.
        near: Option<String>,
    },
    /// A job tried to write.
    #[error(
        "a job sees the tables as they are and cannot write: return a value, and write in the node's `#[done(..)]` handler"
    )]
    ReadOnly,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A value of the wrong type was passed to a node. This is a mistake of this library; please report it.
    #[error("internal mistake at {0}: please report it")]
    Internal(&'static str),
}

impl Error {
    /// Makes an error with this message, for handlers and data closures.
    ///
    /// ```
    /// # use viewflow_core::{Error, Result};
    /// fn check(amount: u32) -> Result<()> {
    ///     if amount > 1000 { Err(Error::msg("more than the petty cash holds")) } else { Ok(()) }
    /// }
    /// assert_eq!(check(5000).unwrap_err().to_string(), "more than the petty cash holds");
    /// ```
    pub fn msg(message: impl Into<String>) -> Self {
        Self::Other(message.into().into())
    }

    /// Makes an error with a code, for which a flow can have an edge of its own: `#[on_error(code = "..", then = ..)]`.
    ///
    /// ```
    /// # use viewflow_core::{Error, Result};
    /// fn reserve(stock: u32) -> Result<()> {
    ///     if stock == 0 { Err(Error::coded("out-of-stock", "nothing is left")) } else { Ok(()) }
    /// }
    /// assert_eq!(reserve(0).unwrap_err().code(), Some("out-of-stock"));
    /// ```
    pub fn coded(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Coded { code: code.into(), message: message.into() }
    }

    /// Returns the code of the error, if it has one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Coded { code, .. } => Some(code),
            Self::Handler { source, .. } => source.code(),
            _ => None,
        }
    }

    /// Returns whether a task is at fault: the error comes from the application or its data. A record that a store
    /// cannot keep or read is data, too. If the store itself fails, no task is at fault.
    pub(crate) fn is_of_a_task(&self) -> bool {
        match self {
            Self::Form { .. }
            | Self::Data { .. }
            | Self::Handler { .. }
            | Self::Other(_)
            | Self::NoProcess(_)
            | Self::NoEvent { .. }
            | Self::NoTask(_)
            | Self::NoneListed(_)
            | Self::OtherNode { .. }
            | Self::OtherFlow { .. }
            | Self::Empty(_)
            | Self::NoRow { .. }
            | Self::NotUnique { .. }
            | Self::Protected { .. }
            | Self::NoFlow(_)
            | Self::NoNode { .. }
            | Self::CannotMove { .. }
            | Self::Build(_)
            | Self::StepIsOver
            | Self::Coded { .. }
            | Self::Panicked { .. }
            | Self::Endless { .. }
            | Self::Subscriber { .. }
            | Self::NobodyListens { .. }
            | Self::ReadOnly => true,
            Self::Store(error) => error.is_of_data(),
            Self::Internal(_)
            | Self::Superseded { .. }
            | Self::Renewing { .. }
            | Self::Contended { .. }
            | Self::Overtaken { .. }
            | Self::OtherList
            | Self::NoColumn { .. }
            | Self::StepInStep
            | Self::LeaseLost { .. }
            | Self::WrongStatus { .. }
            | Self::NotOwner { .. }
            | Self::Forbidden { .. }
            | Self::NoPerson(_)
            | Self::NoDirectory
            | Self::NoForm { .. }
            | Self::OtherAction { .. }
            | Self::BadKey { .. }
            | Self::ProcessIsOver { .. }
            | Self::Suspended { .. }
            | Self::NotSuspended { .. }
            | Self::DoneAfter { .. }
            | Self::NoWayBack { .. }
            | Self::Undecided { .. } => false,
        }
    }

    /// Returns whether the action is for an engine of another version.
    pub(crate) fn is_of_another_version(&self) -> bool {
        self.of_another_version().is_some()
    }

    /// Returns what another version has renewed, if that is why it failed.
    pub(crate) fn of_another_version(&self) -> Option<&Stale> {
        match self {
            Self::Superseded { of, .. } | Self::Renewing { of } => Some(of),
            Self::Handler { source, .. } | Self::Subscriber { source, .. } => source.of_another_version(),
            Self::Other(error) => error.downcast_ref::<Self>()?.of_another_version(),
            _ => None,
        }
    }

    /// Returns whether a record cannot be read. Work on other records can go on.
    pub(crate) fn is_unreadable(&self) -> bool {
        matches!(self, Self::Store(StoreError::Damaged { .. }))
    }

    /// Wraps an error of the application: `file.read(..).map_err(Error::other)?`. Complaints about fields, and errors
    /// of this type, stay as they are.
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        match error.into().downcast::<FieldErrors>() {
            Ok(errors) => (*errors).into(),
            Err(error) => error.downcast::<Self>().map_or_else(Self::Other, |error| *error),
        }
    }

    /// Makes a complaint about a field of the form that a handler was given. It is reported like a breach of the form's
    /// own rules.
    ///
    /// ```
    /// # use viewflow_core::{Error, Result};
    /// fn submit(from: u32, to: u32) -> Result<()> {
    ///     if from <= to { Ok(()) } else { Err(Error::field("from", "must not be after `to`")) }
    /// }
    /// assert_eq!(submit(7, 3).unwrap_err().field_errors().unwrap().of("from"), ["must not be after `to`"]);
    /// ```
    pub fn field(field: impl Into<String>, complaint: impl Into<Complaint>) -> Self {
        let mut errors = FieldErrors::default();
        errors.add(field, complaint);
        Self::Form { at: Place::unknown(), errors }
    }

    /// Returns the complaints by field, if the error is about the fields of a form, a process, a task or a row.
    pub fn field_errors(&self) -> Option<&FieldErrors> {
        match self {
            Self::Form { errors, .. } | Self::Data { errors, .. } => Some(errors),
            Self::NotUnique { errors, .. } if !errors.is_empty() => Some(errors),
            Self::Handler { source, .. } if matches!(**source, Self::NotUnique { .. }) => source.field_errors(),
            Self::Other(error) => error.downcast_ref(),
            _ => None,
        }
    }

    /// Replaces the keys of unique values by the names of their fields. Other errors stay as they are.
    pub(crate) fn with_unique_named(self, named: impl Fn(&str) -> String) -> Self {
        match self {
            Self::NotUnique { table, field, value, row, process, mut also, errors } => {
                also.iter_mut().for_each(|(field, _)| *field = named(field));
                Self::NotUnique { table, field: named(&field), value, row, process, also, errors }
            }
            error => error,
        }
    }

    /// Makes the error that the action is not possible in the task's status.
    pub(crate) fn wrong_status(task: &TaskRecord, action: Action) -> Self {
        Self::WrongStatus { at: Place::of_task(task), action, kind: task.kind, status: task.status, because: None }
    }

    /// Adds the place where it happened, unless that is known already.
    pub(crate) fn at(self, place: impl FnOnce() -> Box<Place>) -> Self {
        let error = match self {
            Self::Other(error) => Self::other(error),
            error => error,
        };
        match error {
            Self::Form { at, errors } if at == Place::unknown() => Self::Form { at: place(), errors },
            Self::Handler { .. }
            | Self::Form { .. }
            | Self::NoForm { .. }
            | Self::Panicked { .. }
            | Self::Endless { .. }
            | Self::Superseded { .. }
            | Self::Renewing { .. }
            | Self::Store(_)
            | Self::Internal(_) => error,
            source => Self::Handler { at: place(), source: Box::new(source) },
        }
    }
}

/// Names a row or a process.
fn one(table: &str, id: u64, is_process: bool) -> String {
    if is_process { format!("process {id}") } else { format!("row {id} of `{table}`") }
}

fn other_one(table: &str, id: u64, is_process: bool) -> String {
    if is_process { format!("process {id}") } else { format!("table `{table}`: row {id}") }
}

fn of_flow(flow: Option<&str>) -> String {
    flow.map_or_else(String::new, |flow| format!("flow `{flow}`: "))
}

fn protected(table: &str, id: u64, is_process: bool) -> String {
    let what = if is_process { "forgotten" } else { "deleted" };
    format!("{} cannot be {what}", one(table, id, is_process))
}

impl From<&Error> for TaskError {
    fn from(error: &Error) -> Self {
        Self { code: error.code().map(str::to_owned), message: error.to_string() }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::other(error)
    }
}

impl From<Box<dyn std::error::Error + Send + Sync>> for Error {
    fn from(error: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Self::other(error)
    }
}
