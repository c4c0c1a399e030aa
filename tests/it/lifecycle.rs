//! Compares the table of the life cycle with the engine: every action, in every status, by every kind of person.

use std::sync::Arc;

use viewflow::lifecycle::{self, Action};
use viewflow::people::Object;
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

const PEOPLE: [Somebody; 9] = [
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

fn act(engine: &Engine, action: Action, task: TaskId, by: &impl User) -> Result<()> {
    let candidate = &PEOPLE[3];
    match action {
        Action::Assign => engine.assign(task, by),
        Action::Unassign => engine.unassign(task, by),
        Action::Reassign => engine.reassign(task, by, candidate),
        Action::Delegate => engine.delegate(task, by, &user("max")),
        Action::Execute => engine.execute_with(task, by, &Document::new()),
        Action::Reschedule => engine.set_priority(task, by, Some(5)),
        Action::CancelTask => engine.cancel_task(task, by),
        Action::Retry => engine.retry(task, by).map(drop),
        Action::Revive => engine.revive(task, by).map(drop),
        Action::Draft => engine.draft_with(task, by, &Document::new()),
        Action::Skip => engine.skip(task, by),
        Action::Undo => engine.undo(task, by).map(drop),
        Action::Move => engine.move_task(task, DeskFlow::wait, by).map(drop),
        other => panic!("{other} is not done to a task of a person"),
    }
}

/// A process whose task `sign` is in this state.
fn prepared(store: &Arc<dyn Store>, state: State) -> (Engine, TaskId) {
    let engine = Engine::builder(Arc::clone(store)).flow(DeskFlow::new()).build().unwrap();
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
                engine.execute_with(task, &user("owner"), &Document::new()).unwrap();
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
        let status = state.status();
        for action in TASK_ACTIONS {
            for (index, somebody) in PEOPLE.iter().enumerate() {
                let mut listed = ALLOWED.iter().filter(|(of, from, _)| *of == action && from.contains(&state));
                let has_it = somebody.name == state.holder();
                let named = |name: &str| name == somebody.name || (has_it && name == HOLDER);
                let allowed = listed.any(|(_, _, by)| by.iter().any(|name| named(name)));
                let case = format!("{} does `{action}` to a task that is {state:?}", somebody.name);
                let check = |store: Arc<dyn Store>| {
                    let (engine, task) = prepared(&store, state);
                    let before = everything(&engine, task.process);
                    assert_eq!(engine.actions(task, somebody).unwrap().contains(&action), allowed, "{case}");
                    match act(&engine, action, task, somebody) {
                        Ok(()) => {
                            assert!(allowed, "{case}");
                            let record = engine.task_record(task).unwrap();
                            let row = lifecycle::task_transition(action, record.kind, status).unwrap();
                            assert!(row.to.contains(&record.status), "{case}: now it is {}", record.status);
                        }
                        Err(error) => {
                            assert!(!allowed, "{case}: {error}");
                            let typed = matches!(
                                error,
                                Error::Forbidden { .. } | Error::NotOwner { .. } | Error::WrongStatus { .. }
                            );
                            assert!(typed, "{case}: {error}");
                            assert_eq!(everything(&engine, task.process), before, "{case}");
                        }
                    }
                };
                // A database on disk for each case would be slow, so each kind of case has one person there.
                check(Arc::new(MemoryStore::new()));
                if index == (state as usize + action as usize) % PEOPLE.len() {
                    on_every_store(check);
                }
            }
            let (engine, task) = prepared(&(Arc::new(MemoryStore::new()) as Arc<dyn Store>), state);
            let before = everything(&engine, task.process);
            let error = act(&engine, action, task, &Anonymous).unwrap_err();
            assert!(matches!(error, Error::Forbidden { .. }), "{error}");
            assert_eq!(everything(&engine, task.process), before);
        }
    }
}

/// An action on a process: a function that performs it.
type OnProcess = fn(&Engine, ProcessId, &dyn User) -> Result<()>;

const ON_PROCESS: [(Action, OnProcess); 4] = [
    (Action::Suspend, |engine, id, by| engine.suspend(id, &by)),
    (Action::Resume, |engine, id, by| engine.resume(id, &by)),
    (Action::GoBack, |engine, id, by| engine.go_back(id, DeskFlow::wait, &by).map(drop)),
    (Action::Cancel, |engine, id, by| engine.cancel(id, &by)),
];

#[test]
fn whoever_does_whatever_to_a_process_has_the_listed_effect_or_an_error_and_none() {
    for (action, act) in ON_PROCESS {
        on_every_store(|store| {
            let (engine, task) = prepared(&store, State::New);
            let id = task.process;
            let right = Somebody { name: "manager of this process", right: Some(("desk.manage", On::Process(id.0))) };
            let wait = open_task(&engine, DeskFlow::wait, id).id;
            engine.assign(wait, &user("ann")).unwrap();
            engine.execute_with(wait, &user("ann"), &Document::new()).unwrap();
            if action == Action::Resume {
                engine.suspend(id, &boss()).unwrap();
            }
            let before = everything(&engine, id);
            let managers = |name: &str| name == "manager" || name == "manager of this process";
            for somebody in PEOPLE.iter().filter(|somebody| !managers(somebody.name)) {
                let error = act(&engine, id, somebody).unwrap_err();
                assert!(matches!(error, Error::Forbidden { .. }), "{} does `{action}`: {error}", somebody.name);
            }
            assert!(matches!(act(&engine, id, &Anonymous), Err(Error::Forbidden { .. })));
            assert_eq!(everything(&engine, id), before, "{action}");
            act(&engine, id, &right).unwrap();
            let status = engine.process_record(id).unwrap().status;
            let listed = lifecycle::PROCESS_TRANSITIONS.iter().find(|row| row.action == action).unwrap();
            assert!(listed.to.contains(&status), "after `{action}` it is {status}");
        });
    }
}

#[test]
fn nothing_is_done_to_a_process_that_is_over_or_stands_still() {
    on_every_store(|store| {
        for suspended in [false, true] {
            let (engine, task) = prepared(&store, State::New);
            let id = task.process;
            if suspended { engine.suspend(id, &boss()) } else { engine.cancel(id, &boss()) }.unwrap();
            let before = everything(&engine, id);
            for action in TASK_ACTIONS {
                let error = act(&engine, action, task, &boss()).unwrap_err();
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
            for (action, act) in ON_PROCESS {
                if !suspended || matches!(action, Action::Suspend | Action::GoBack) {
                    let error = act(&engine, id, &boss()).unwrap_err();
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
