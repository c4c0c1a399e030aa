//! The table of the life cycle, held against the engine: every action, in every status, by everybody.

use std::sync::Arc;

use viewflow::lifecycle::{self, Action};
use viewflow::prelude::*;
use viewflow::store::{Change, Commit, Expect, Key, TaskRecord};
use viewflow::{Anonymous, Document, Object, Store, User};

use crate::support::{boss, on_every_store, open_task, user};

#[derive(Entity, Clone, Debug)]
pub struct Department {
    #[id]
    pub id: Id<Department>,
}

/// One task takes a permission on a department; the other keeps the process open.
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

/// Somebody by what he is to the task.
struct Somebody {
    name: &'static str,
    /// A permission, on this department, on a process, or on all objects.
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

/// Who may do what to a task in which status. Nobody else may do anything else.
const ALLOWED: &[(Action, TaskStatus, &[&str])] = &[
    (Action::Assign, TaskStatus::New, &["candidate", "permitted on all"]),
    (Action::Assign, TaskStatus::Assigned, &["owner"]),
    (Action::Unassign, TaskStatus::Assigned, &["owner", "delegator", "manager", "manager of this process"]),
    (Action::Reassign, TaskStatus::New, &["manager", "manager of this process"]),
    (Action::Reassign, TaskStatus::Assigned, &["owner", "manager", "manager of this process"]),
    (Action::Delegate, TaskStatus::Assigned, &["owner"]),
    (Action::Execute, TaskStatus::Assigned, &["owner"]),
    (Action::Reschedule, TaskStatus::New, &["manager", "manager of this process"]),
    (Action::Reschedule, TaskStatus::Assigned, &["owner", "manager", "manager of this process"]),
    (Action::CancelTask, TaskStatus::New, &["manager", "manager of this process"]),
    (Action::CancelTask, TaskStatus::Assigned, &["manager", "manager of this process"]),
    (Action::Draft, TaskStatus::Assigned, &["owner"]),
    (Action::Skip, TaskStatus::New, &["manager", "manager of this process"]),
    (Action::Skip, TaskStatus::Assigned, &["manager", "manager of this process"]),
    (Action::Undo, TaskStatus::Done, &["manager", "manager of this process"]),
    (Action::Revive, TaskStatus::Canceled, &["manager", "manager of this process"]),
    (Action::Move, TaskStatus::New, &["manager", "manager of this process"]),
    (Action::Move, TaskStatus::Assigned, &["manager", "manager of this process"]),
];

/// What can be done to a task through the engine.
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

const STATUSES: [TaskStatus; 5] =
    [TaskStatus::New, TaskStatus::Assigned, TaskStatus::Done, TaskStatus::Canceled, TaskStatus::Revived];

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

/// A process whose task `sign` has this status.
fn prepared(store: &Arc<dyn Store>, status: TaskStatus) -> (Engine, TaskId) {
    let engine = Engine::builder(Arc::clone(store)).flow(DeskFlow::new()).build().unwrap();
    let id = engine.start(DeskFlow::start, &user("somebody"), ()).unwrap().id;
    let task = open_task(&engine, DeskFlow::sign, id).id;
    match status {
        TaskStatus::New => {}
        TaskStatus::Assigned | TaskStatus::Done => {
            let delegator = Somebody { name: "delegator", right: Some(("desk.sign", On::All)) };
            engine.assign(task, &delegator).unwrap();
            engine.delegate(task, &delegator, &user("owner")).unwrap();
            if status == TaskStatus::Done {
                engine.execute_with(task, &user("owner"), &Document::new()).unwrap();
            }
        }
        TaskStatus::Canceled => engine.cancel_task(task, &boss()).unwrap(),
        TaskStatus::Revived => {
            engine.cancel_task(task, &boss()).unwrap();
            engine.revive(task, &boss()).unwrap();
        }
        other => panic!("a task of a person is not {other}"),
    }
    assert_eq!(engine.task_record(task).unwrap().status, status);
    (engine, task)
}

/// All that is stored of a process.
fn everything(engine: &Engine, id: ProcessId) -> String {
    let (tasks, events) = (engine.tasks(id, 0, 100).unwrap(), engine.events(id, 0, 1000).unwrap());
    format!("{:?}\n{tasks:?}\n{events:?}", engine.process_record(id).unwrap())
}

#[test]
fn whoever_does_whatever_to_a_task_has_the_listed_effect_or_an_error_and_none() {
    for status in STATUSES {
        for action in TASK_ACTIONS {
            for (index, somebody) in PEOPLE.iter().enumerate() {
                let listed = ALLOWED.iter().find(|(of, from, _)| (*of, *from) == (action, status));
                let allowed = listed.is_some_and(|(_, _, by)| by.contains(&somebody.name));
                let case = format!("{} does `{action}` to a task that is {status}", somebody.name);
                let check = |store: Arc<dyn Store>| {
                    let (engine, task) = prepared(&store, status);
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
                // A database on disk for each case takes its time: one of each kind of person will do there.
                check(Arc::new(MemoryStore::new()));
                if index == (status as usize + action as usize) % PEOPLE.len() {
                    on_every_store(check);
                }
            }
            let (engine, task) = prepared(&(Arc::new(MemoryStore::new()) as Arc<dyn Store>), status);
            let before = everything(&engine, task.process);
            let error = act(&engine, action, task, &Anonymous).unwrap_err();
            assert!(matches!(error, Error::Forbidden { .. }), "{error}");
            assert_eq!(everything(&engine, task.process), before);
        }
    }
}

/// What is done to a process: what it is called, and how it is done.
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
            let (engine, task) = prepared(&store, TaskStatus::New);
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
            let (engine, task) = prepared(&store, TaskStatus::New);
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

/// For each kind of node and each status: what the table does not list nobody may do, and what it lists only those it names.
#[test]
fn the_gate_lets_through_what_the_table_lists_for_every_kind_and_status() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (engine, task) = prepared(&store, TaskStatus::New);
    for kind in viewflow::graph::Kind::ALL.iter().copied() {
        for status in TaskStatus::ALL {
            let old = store.task(task).unwrap().unwrap();
            let taken = matches!(status, TaskStatus::Assigned | TaskStatus::Done);
            let (owner, delegated_by) =
                if taken { (Some(user("owner")), Some(user("delegator"))) } else { (None, None) };
            let new = TaskRecord { kind, status, owner, delegated_by, ..old.clone() };
            forge(&*store, old, new);
            for action in Action::ALL {
                let row = lifecycle::task_transition(action, kind, status);
                for somebody in &PEOPLE {
                    let may = engine.actions(task, somebody).unwrap().contains(&action);
                    let acts_as = match somebody.name {
                        "owner" if taken => vec!["owner"],
                        "delegator" if taken => vec!["delegator"],
                        "candidate" | "permitted on all" => vec!["candidate"],
                        "manager" | "manager of this process" => vec!["manager"],
                        _ => vec![],
                    };
                    let listed =
                        row.is_some_and(|row| row.by.iter().any(|actor| acts_as.contains(&&*actor.to_string())));
                    assert_eq!(may, listed, "{} does `{action}` to {kind:?} that is {status}", somebody.name);
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
