//! Compares the table of the life cycle with the engine: every action, in every status, by every kind of person.

use std::sync::Arc;

use serde_json::json;
use viewflow::desk::{ProcessCommand, TaskCommand};
use viewflow::lifecycle::{self, Action};
use viewflow::people::Object;
use viewflow::people::{Contact, Directory, DirectoryError};
use viewflow::prelude::*;
use viewflow::store::{Change, Commit, Expect, Key, TaskRecord};
use viewflow::{Anonymous, Document, Store, User};

use crate::support::{boss, on_every_store, open_task, user};

#[derive(Entity, Clone, Debug)]
pub struct Department {
    #[id]
    pub id: Id<Department>,
}

/// One task takes a permission on a department to do; the other task keeps the process open.
#[derive(Flow)]
pub struct DeskFlow {
    #[next(fork)]
    start: Start<Artifact<Ref<Department>>>,
    #[branch(sign, task_seed = |a| Self::SALES)]
    #[branch(wait)]
    fork: Split,
    #[permission(auto, object = |a| a.task.seed)]
    #[next(join)]
    sign: View<Seed<Ref<Department>>>,
    #[next(join)]
    wait: View,
    #[next(end)]
    join: Join,
    end: End,
}

impl DeskFlow {
    const SALES: Ref<Department> = Id::from_number(1).to_ref();
}

/// A person, described by their relation to the task.
struct Somebody {
    name: &'static str,
    /// A permission on this department, on a process, or on all objects.
    right: Option<(&'static str, On)>,
}

#[derive(Clone, Copy)]
enum On {
    Department(u64),
    Process(u64),
    All,
}

impl User for Somebody {
    fn id(&self) -> UserId {
        UserId::new(self.name)
    }

    fn has_permission(&self, permission: &str, object: Option<&Object>) -> bool {
        let Some((name, on)) = self.right else { return false };
        name == permission
            && match (on, object) {
                (On::All, _) => true,
                (On::Department(number), Some(Object::Row { table, id })) => table == "department" && *id == number,
                (On::Process(number), Some(Object::Process { flow, id })) => flow == "desk" && id.0 == number,
                _ => false,
            }
    }
}

static PEOPLE: [Somebody; 9] = [
    Somebody { name: "stranger", right: None },
    Somebody { name: "owner", right: None },
    Somebody { name: "delegator", right: None },
    Somebody { name: "candidate", right: Some(("desk.sign", On::Department(1))) },
    Somebody { name: "permitted on all", right: Some(("desk.sign", On::All)) },
    Somebody { name: "candidate elsewhere", right: Some(("desk.sign", On::Department(2))) },
    Somebody { name: "manager", right: Some(("desk.manage", On::All)) },
    Somebody { name: "manager of this process", right: Some(("desk.manage", On::Process(1))) },
    Somebody { name: "manager elsewhere", right: Some(("desk.manage", On::Process(2))) },
];

/// All of them, and max.
struct Everybody;

impl Directory for Everybody {
    fn person(&self, id: &UserId) -> Result<Option<Box<dyn User>>, DirectoryError> {
        let found = PEOPLE.iter().find(|somebody| somebody.name == id.as_str());
        let found = found.map(|somebody| Box::new(somebody) as Box<dyn User>);
        Ok(found.or_else(|| (id.as_str() == "max").then(|| Box::new(user("max")) as Box<dyn User>)))
    }

    fn search(&self, _: &str, _: usize) -> Result<Vec<Contact>, DirectoryError> {
        Ok(Vec::new())
    }
}

/// The state of a person's task. The assigned states differ by how the task came to its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    /// The person that took it may have it.
    Taken,
    /// The person that took it may no longer have it.
    Lost,
    /// The flow gave it to a person that may not take such tasks.
    Given,
    Delegated,
    Done,
    Canceled,
    Revived,
}

const STATES: [State; 8] = [
    State::New,
    State::Taken,
    State::Lost,
    State::Given,
    State::Delegated,
    State::Done,
    State::Canceled,
    State::Revived,
];
const ASSIGNED: &[State] = &[State::Taken, State::Lost, State::Given, State::Delegated];

impl State {
    fn status(self) -> TaskStatus {
        match self {
            Self::New => TaskStatus::New,
            Self::Taken | Self::Lost | Self::Given | Self::Delegated => TaskStatus::Assigned,
            Self::Done => TaskStatus::Done,
            Self::Canceled => TaskStatus::Canceled,
            Self::Revived => TaskStatus::Revived,
        }
    }

    /// The owner of the task.
    fn holder(self) -> &'static str {
        match self {
            Self::Taken => "candidate",
            _ => "owner",
        }
    }
}

/// The persons that may do an action in a state; `HOLDER` is the owner. Everything else is forbidden.
const ALLOWED: &[(Action, &[State], &[&str])] = &[
    (Action::Assign, &[State::New], &["candidate", "permitted on all"]),
    (Action::Assign, ASSIGNED, &[HOLDER]),
    (Action::Unassign, ASSIGNED, &[HOLDER, "manager", "manager of this process"]),
    (Action::Unassign, &[State::Delegated], &["delegator"]),
    (Action::Reassign, &[State::New], &["manager", "manager of this process"]),
    (Action::Reassign, ASSIGNED, &["manager", "manager of this process"]),
    (Action::Reassign, &[State::Taken, State::Given], &[HOLDER]),
    (Action::Delegate, &[State::Taken, State::Given, State::Delegated], &[HOLDER]),
    (Action::Draft, &[State::Taken, State::Given, State::Delegated], &[HOLDER]),
    (Action::Execute, &[State::Taken, State::Given, State::Delegated], &[HOLDER]),
    (Action::Reschedule, &[State::New], &["manager", "manager of this process"]),
    (Action::Reschedule, ASSIGNED, &["manager", "manager of this process"]),
    (Action::Reschedule, &[State::Taken, State::Given, State::Delegated], &[HOLDER]),
    (Action::CancelTask, &[State::New], &["manager", "manager of this process"]),
    (Action::CancelTask, ASSIGNED, &["manager", "manager of this process"]),
    (Action::Skip, &[State::New], &["manager", "manager of this process"]),
    (Action::Skip, ASSIGNED, &["manager", "manager of this process"]),
    (Action::Undo, &[State::Done], &["manager", "manager of this process"]),
    (Action::Revive, &[State::Canceled], &["manager", "manager of this process"]),
    (Action::Move, &[State::New], &["manager", "manager of this process"]),
    (Action::Move, ASSIGNED, &["manager", "manager of this process"]),
];
const HOLDER: &str = "who has it";

/// The actions that the engine has for a task.
const TASK_ACTIONS: [Action; 13] = [
    Action::Assign,
    Action::Unassign,
    Action::Reassign,
    Action::Delegate,
    Action::Execute,
    Action::Reschedule,
    Action::CancelTask,
    Action::Retry,
    Action::Revive,
    Action::Draft,
    Action::Skip,
    Action::Undo,
    Action::Move,
];

/// From where it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Face {
    /// From Rust.
    Code,
    /// By a command as JSON, as a page sends it.
    Desk,
}

/// Does an action, or returns the refusal; none where code has no way to it.
fn act(engine: &Engine, from: Face, action: Action, task: TaskId, by: &impl User) -> Option<Result<()>> {
    if from == Face::Desk {
        let command: TaskCommand = serde_json::from_value(command(action)).unwrap();
        assert_eq!(command.action(), action);
        return Some(engine.desk(by).act(task, &command).map(drop));
    }
    let candidate = &PEOPLE[3];
    Some(match action {
        Action::Assign => engine.assign(task, by),
        Action::Unassign => engine.unassign(task, by),
        Action::Reassign => engine.reassign(task, by, candidate),
        Action::Delegate => engine.delegate(task, by, &user("max")),
        // Code takes a task before it does it.
        Action::Execute | Action::Draft => return None,
        Action::Reschedule => engine.set_priority(task, by, Some(5)),
        Action::CancelTask => engine.cancel_task(task, by),
        Action::Retry => engine.retry(task, by).map(drop),
        Action::Revive => engine.revive(task, by).map(drop),
        Action::Skip => engine.skip(task, by),
        Action::Undo => engine.undo(task, by).map(drop),
        Action::Move => engine.move_task(task, DeskFlow::wait, by).map(drop),
        other => panic!("{other} is not done to a task of a person"),
    })
}

fn command(action: Action) -> serde_json::Value {
    match action {
        Action::Assign => json!({"action": "assign"}),
        Action::Unassign => json!({"action": "unassign"}),
        Action::Reassign => json!({"action": "reassign", "to": "candidate"}),
        Action::Delegate => json!({"action": "delegate", "to": "max"}),
        Action::Execute => json!({"action": "execute"}),
        Action::Draft => json!({"action": "draft", "form": {}}),
        Action::Reschedule => json!({"action": "set_priority", "priority": 5}),
        Action::CancelTask => json!({"action": "cancel_task"}),
        Action::Retry => json!({"action": "retry"}),
        Action::Revive => json!({"action": "revive"}),
        Action::Skip => json!({"action": "skip"}),
        Action::Undo => json!({"action": "undo"}),
        Action::Move => json!({"action": "move", "to": "wait"}),
        other => panic!("{other} is not done to a task of a person"),
    }
}

/// Whether somebody sees a task in this state: people who may take it, have or had it or delegated it, and managers.
fn sees(somebody: &Somebody, state: State) -> bool {
    let is_theirs = match state {
        State::New => matches!(somebody.name, "candidate" | "permitted on all"),
        State::Delegated | State::Done => matches!(somebody.name, "owner" | "delegator"),
        State::Canceled | State::Revived => false,
        _ => somebody.name == state.holder(),
    };
    is_theirs || matches!(somebody.name, "manager" | "manager of this process")
}

/// A process whose task `sign` is in this state.
fn prepared(store: &Arc<dyn Store>, state: State) -> (Engine, TaskId) {
    let engine = Engine::builder(Arc::clone(store)).flow(DeskFlow::new()).people(Everybody).build().unwrap();
    let id = engine.start(DeskFlow::start, &user("somebody"), ()).unwrap().id;
    let task = open_task(&engine, DeskFlow::sign, id).id;
    let permitted = |name| Somebody { name, right: Some(("desk.sign", On::All)) };
    match state {
        State::New => {}
        State::Taken => engine.assign(task, &PEOPLE[3]).unwrap(),
        // The person took it with a permission that they no longer have.
        State::Lost => engine.assign(task, &permitted("owner")).unwrap(),
        State::Given => {
            engine.assign(task, &permitted("owner")).unwrap();
            let old = store.task(task).unwrap().unwrap();
            forge(&**store, old.clone(), TaskRecord { given: true, ..old });
        }
        State::Delegated | State::Done => {
            engine.assign(task, &permitted("delegator")).unwrap();
            engine.delegate(task, &permitted("delegator"), &user("owner")).unwrap();
            if state == State::Done {
                engine.desk(&user("owner")).execute(task, &Document::new()).unwrap();
            }
        }
        State::Canceled => engine.cancel_task(task, &boss()).unwrap(),
        State::Revived => {
            engine.cancel_task(task, &boss()).unwrap();
            engine.revive(task, &boss()).unwrap();
        }
    }
    assert_eq!(engine.task_record(task).unwrap().status, state.status());
    (engine, task)
}

/// Everything that is stored of a process.
fn everything(engine: &Engine, id: ProcessId) -> String {
    let (tasks, events) = (engine.tasks(id, 0, 100).unwrap(), engine.events(id, 0, 1000).unwrap());
    format!("{:?}\n{tasks:?}\n{events:?}", engine.process_record(id).unwrap())
}

#[test]
fn whoever_does_whatever_to_a_task_has_the_listed_effect_or_an_error_and_none() {
    for state in STATES {
        for action in TASK_ACTIONS {
            for (index, somebody) in PEOPLE.iter().enumerate() {
                for from in [Face::Code, Face::Desk] {
                    let check = |store: Arc<dyn Store>| hold(&store, from, action, state, somebody);
                    // A database on disk for each case takes its time: one of each kind of person will do there.
                    check(Arc::new(MemoryStore::new()));
                    if index == (state as usize + action as usize) % PEOPLE.len() {
                        on_every_store(check);
                    }
                }
            }
            let (engine, task) = prepared(&(Arc::new(MemoryStore::new()) as Arc<dyn Store>), state);
            let before = everything(&engine, task.process);
            for from in [Face::Code, Face::Desk] {
                let Some(refused) = act(&engine, from, action, task, &Anonymous) else { continue };
                assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
                assert_eq!(everything(&engine, task.process), before);
            }
        }
    }
}

/// Holds what somebody does to a task against what is listed.
fn hold(store: &Arc<dyn Store>, from: Face, action: Action, state: State, somebody: &Somebody) {
    let mut listed = ALLOWED.iter().filter(|(of, from, _)| *of == action && from.contains(&state));
    let named = |name: &str| name == somebody.name || (somebody.name == state.holder() && name == HOLDER);
    let allowed = listed.any(|(_, _, by)| by.iter().any(|name| named(name)));
    let case = format!("{} does `{action}` to a task that is {state:?}, from {from:?}", somebody.name);
    let (engine, task) = prepared(store, state);
    let before = everything(&engine, task.process);
    assert_eq!(engine.actions(task, somebody).unwrap().contains(&action), allowed, "{case}");
    match act(&engine, from, action, task, somebody) {
        None => {}
        Some(Ok(())) => {
            assert!(allowed, "{case}");
            let record = engine.task_record(task).unwrap();
            let row = lifecycle::task_transition(action, record.kind, state.status()).unwrap();
            assert!(row.to.contains(&record.status), "{case}: now it is {}", record.status);
        }
        Some(Err(error)) => {
            assert!(!allowed, "{case}: {error}");
            let unseen = from == Face::Desk && !sees(somebody, state);
            let told = match error {
                Error::NoTask(id) => unseen && id == task,
                Error::Forbidden { .. } | Error::NotOwner { .. } | Error::WrongStatus { .. } => !unseen,
                _ => false,
            };
            assert!(told, "{case}: {error}");
            assert_eq!(everything(&engine, task.process), before, "{case}");
        }
    }
}

/// An action on a process: its name, how it is done, and how as JSON.
type OnProcess = (Action, fn(&Engine, ProcessId, &dyn User) -> Result<()>, &'static str);

const ON_PROCESS: [OnProcess; 4] = [
    (Action::Suspend, |engine, id, by| engine.suspend(id, &by), r#"{"action": "suspend"}"#),
    (Action::Resume, |engine, id, by| engine.resume(id, &by), r#"{"action": "resume"}"#),
    (
        Action::GoBack,
        |engine, id, by| engine.go_back(id, DeskFlow::wait, &by).map(drop),
        r#"{"action": "go_back", "node": "wait"}"#,
    ),
    (Action::Cancel, |engine, id, by| engine.cancel(id, &by), r#"{"action": "cancel"}"#),
];

/// It is done, from there.
fn act_on(engine: &Engine, from: Face, on: OnProcess, id: ProcessId, by: &dyn User) -> Result<()> {
    let (action, act, json) = on;
    match from {
        Face::Code => act(engine, id, by),
        Face::Desk => {
            let command: ProcessCommand = serde_json::from_str(json).unwrap();
            assert_eq!(command.action(), action);
            engine.desk(&by).act_on(id, &command).map(drop)
        }
    }
}

#[test]
fn whoever_does_whatever_to_a_process_has_the_listed_effect_or_an_error_and_none() {
    for (on, from) in ON_PROCESS.into_iter().flat_map(|on| [(on, Face::Code), (on, Face::Desk)]) {
        let action = on.0;
        on_every_store(|store| {
            let (engine, task) = prepared(&store, State::New);
            let id = task.process;
            let right = Somebody { name: "manager of this process", right: Some(("desk.manage", On::Process(id.0))) };
            let viewer = Somebody { name: "viewer", right: Some(("desk.view", On::Process(id.0))) };
            let wait = open_task(&engine, DeskFlow::wait, id).id;
            engine.assign(wait, &user("ann")).unwrap();
            engine.desk(&user("ann")).execute(wait, &Document::new()).unwrap();
            if action == Action::Resume {
                engine.suspend(id, &boss()).unwrap();
            }
            let before = everything(&engine, id);
            let managers = |name: &str| name == "manager" || name == "manager of this process";
            for somebody in PEOPLE.iter().filter(|somebody| !managers(somebody.name)) {
                let error = act_on(&engine, from, on, id, somebody).unwrap_err();
                let told = match from {
                    Face::Code => matches!(error, Error::Forbidden { .. }),
                    Face::Desk => matches!(error, Error::NoProcess(_)),
                };
                assert!(told, "{} does `{action}`: {error}", somebody.name);
            }
            // A person that sees it learns why not.
            for somebody in [&viewer as &dyn User, &user("somebody"), &Anonymous] {
                let error = act_on(&engine, from, on, id, somebody).unwrap_err();
                assert!(matches!(error, Error::Forbidden { .. }), "{error}");
            }
            assert_eq!(everything(&engine, id), before, "{action}");
            act_on(&engine, from, on, id, &right).unwrap();
            let status = engine.process_record(id).unwrap().status;
            let listed = lifecycle::PROCESS_TRANSITIONS.iter().find(|row| row.action == action).unwrap();
            assert!(listed.to.contains(&status), "after `{action}` it is {status}");
        });
    }
}

#[test]
fn nothing_is_done_to_a_process_that_is_over_or_stands_still() {
    on_every_store(|store| {
        for (suspended, from) in [false, true].into_iter().flat_map(|is| [(is, Face::Code), (is, Face::Desk)]) {
            let (engine, task) = prepared(&store, State::New);
            let id = task.process;
            if suspended { engine.suspend(id, &boss()) } else { engine.cancel(id, &boss()) }.unwrap();
            let before = everything(&engine, id);
            for action in TASK_ACTIONS {
                let Some(refused) = act(&engine, from, action, task, &boss()) else { continue };
                let error = refused.unwrap_err();
                let told = matches!(
                    error,
                    Error::WrongStatus { .. }
                        | Error::ProcessIsOver { .. }
                        | Error::Suspended { .. }
                        | Error::Forbidden { .. }
                        | Error::NotOwner { .. }
                );
                assert!(told, "{action}: {error}");
            }
            for on in ON_PROCESS {
                let action = on.0;
                if !suspended || matches!(action, Action::Suspend | Action::GoBack) {
                    let error = act_on(&engine, from, on, id, &boss()).unwrap_err();
                    let told = matches!(
                        error,
                        Error::ProcessIsOver { .. } | Error::Suspended { .. } | Error::NotSuspended { .. }
                    );
                    assert!(told, "{action}: {error}");
                }
            }
            assert_eq!(everything(&engine, id), before);
        }
    });
}

/// Checks each kind of node and each status. The gate refuses every action that the table does not list, and lets
/// through only the listed persons.
#[test]
fn the_gate_lets_through_what_the_table_lists_for_every_kind_and_status() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (engine, task) = prepared(&store, State::New);
    for kind in viewflow::graph::Kind::ALL.iter().copied() {
        for (status, state) in TaskStatus::ALL.into_iter().flat_map(|status| {
            let taken = matches!(status, TaskStatus::Assigned | TaskStatus::Done);
            let states = if taken { ASSIGNED } else { &[State::New] };
            states.iter().map(move |state| (status, *state))
        }) {
            let old = store.task(task).unwrap().unwrap();
            let taken = state != State::New;
            let delegated_by = (state == State::Delegated).then(|| user("delegator"));
            let (owner, given) = (taken.then(|| user(state.holder())), state == State::Given);
            let new = TaskRecord { kind, status, owner, delegated_by, given, ..old.clone() };
            forge(&*store, old, new);
            for action in Action::ALL {
                let row = lifecycle::task_transition(action, kind, status);
                for somebody in &PEOPLE {
                    let may = engine.actions(task, somebody).unwrap().contains(&action);
                    let mut acts_as = match somebody.name {
                        "delegator" if state == State::Delegated => vec!["delegator"],
                        "candidate" | "permitted on all" => vec!["candidate"],
                        "manager" | "manager of this process" => vec!["manager"],
                        _ => vec![],
                    };
                    if taken && somebody.name == state.holder() {
                        acts_as.extend(match state {
                            State::Delegated => vec!["holder", "delegate"],
                            State::Lost => vec!["holder"],
                            _ => vec!["holder", "owner"],
                        });
                    }
                    let listed =
                        row.is_some_and(|row| row.by.iter().any(|actor| acts_as.contains(&&*actor.to_string())));
                    assert_eq!(
                        may, listed,
                        "{} does `{action}` to {kind:?} that is {status}: {state:?}",
                        somebody.name
                    );
                }
            }
        }
    }
}

fn forge(store: &dyn Store, old: TaskRecord, new: TaskRecord) {
    let process = store.process(old.id.process).unwrap().unwrap();
    let expect = vec![Expect::Revision(Key::Process(old.id.process), Some(process.revision))];
    let changes = vec![Change::task(Some(old), new)];
    store.commit(Commit { expect, changes, ..Commit::default() }).unwrap().wait().unwrap();
}

#[test]
fn the_guide_shows_the_table_as_it_is() {
    let page = include_str!("../../src/guide/people.md");
    let table = lifecycle::table();
    for part in table.split("\n\n") {
        assert!(page.contains(part.trim()), "src/guide/people.md should have:\n\n{table}");
    }
}
