//! Going back: one task is undone, or all tasks since a node, and the tokens are right afterwards.

use std::sync::Arc;
use std::time::Duration;

use viewflow::Store;
use viewflow::nodes::Node;
use viewflow::prelude::*;
use viewflow::store::TaskRecord;
use viewflow_testing::inconsistencies;

use crate::support::{boss, do_next, events, manual, on_every_store, open_task, open_tasks, perform, user};

#[derive(Process, Clone, Debug)]
pub struct Trip {
    pub log: Vec<String>,
    pub rooms: Vec<String>,
    #[field(default = false)]
    pub locked: bool,
}

#[derive(Task, Clone, Debug)]
pub struct Room {
    pub name: String,
}

#[derive(Flow)]
#[flow(process = Trip)]
pub struct TripFlow {
    #[undo(Self::give_up)]
    #[next(plan)]
    start: StartHandle,

    #[submit(Self::planned)]
    #[undo(Self::forget)]
    #[next(fork)]
    plan: View<Artifact<String>>,

    #[branch(hotel, task_data_source = |a| a.process.rooms.iter().map(|name| Room { name: name.clone() }))]
    #[branch(flight)]
    fork: Split,

    #[submit(Self::book_hotel)]
    #[undo(Self::cancel_hotel)]
    #[on_timeout(after = "1d", then = hurry, interrupting = false)]
    #[next(gather, task_seed = |a| Some(a.task.name.clone()))]
    hotel: View<Room>,

    #[next(hurried)]
    hurry: View,
    hurried: End,

    #[submit(Self::book_flight)]
    #[undo(Self::cancel_flight)]
    #[next(gather, task_seed = |_| Some("flight".to_owned()))]
    flight: View,

    #[next(pay)]
    gather: Join<Seed<Option<String>>>,

    #[call(Self::settle)]
    #[undo(Self::pay_back)]
    #[next(pack)]
    pay: Function,

    #[next(end)]
    pack: View,

    end: End,
}

impl TripFlow {
    fn note<T: Task>(a: &mut Activation<Self, T>, what: impl Into<String>) -> Result<()> {
        a.process.log.push(what.into());
        Ok(())
    }

    fn give_up(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        Self::note(a, "given up")
    }

    fn planned(&self, a: &mut Activation<Self, Artifact<String>>) -> Result<()> {
        a.task.artifact = Some("a plan".to_owned());
        a.process.rooms = vec!["red".to_owned(), "blue".to_owned()];
        Self::note(a, "planned")
    }

    fn forget(&self, a: &mut Activation<Self, Artifact<String>>) -> Result<()> {
        let plan = a.task.artifact.clone().unwrap_or_default();
        Self::note(a, format!("{plan} forgotten"))
    }

    fn book_hotel(&self, a: &mut Activation<Self, Room>) -> Result<()> {
        let room = a.task.name.clone();
        Self::note(a, format!("{room} booked"))
    }

    fn cancel_hotel(&self, a: &mut Activation<Self, Room>) -> Result<()> {
        if a.process.locked {
            return Err(Error::msg("the hotel does not answer"));
        }
        let room = a.task.name.clone();
        Self::note(a, format!("{room} given back"))
    }

    fn book_flight(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        Self::note(a, "flight booked")
    }

    fn cancel_flight(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        Self::note(a, "flight given back")
    }

    fn settle(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        Self::note(a, "paid")
    }

    fn pay_back(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        Self::note(a, "paid back")
    }
}

fn log(engine: &Engine, id: ProcessId) -> Vec<String> {
    engine.process::<TripFlow>(id).unwrap().log.clone()
}

fn check(store: &Arc<dyn Store>) {
    assert_eq!(inconsistencies(&**store), Vec::<String>::new());
}

/// The open tasks, in the order of their creation.
fn open(engine: &Engine, id: ProcessId) -> Vec<String> {
    let tasks = engine.tasks(id, 0, usize::MAX).unwrap();
    tasks.iter().filter(|task| !task.status.is_final()).map(|task| format!("{} {}", task.node, task.status)).collect()
}

fn all<N: Node>(engine: &Engine, node: N, id: ProcessId) -> Vec<TaskRecord> {
    engine.tasks(id, 0, usize::MAX).unwrap().into_iter().filter(|task| task.node == node.name()).collect()
}

fn began(store: &Arc<dyn Store>) -> (Engine, ProcessId) {
    let engine = Engine::builder(Arc::clone(store)).flow(TripFlow::new()).build().unwrap();
    let id = engine.run(TripFlow::start, ()).unwrap().id;
    do_next(&engine, TripFlow::plan, id, ());
    (engine, id)
}

/// A trip with everything booked.
fn booked(store: &Arc<dyn Store>) -> (Engine, ProcessId) {
    let (engine, id) = began(store);
    for hotel in open_tasks(&engine, TripFlow::hotel, id) {
        perform(&engine, TripFlow::hotel, hotel.id, ());
    }
    do_next(&engine, TripFlow::flight, id, ());
    assert_eq!(open(&engine, id), ["pack new"]);
    (engine, id)
}

#[test]
fn a_task_is_undone_whose_followers_wait() {
    on_every_store(|store| {
        let (engine, id) = began(&store);
        let done = all(&engine, TripFlow::plan, id).remove(0);
        let again = engine.undo(done.id, &boss()).unwrap();
        check(&store);
        assert_eq!(open(&engine, id), ["plan new"]);
        assert_eq!(log(&engine, id), ["planned", "a plan forgotten"]);
        let (done, again) = (engine.task_record(done.id).unwrap(), engine.task_record(again).unwrap());
        assert_eq!((done.status, done.undone, again.previous), (TaskStatus::Revived, true, Some(done.id.ordinal)));
        assert_eq!(engine.archive(&user("ann")).list().unwrap(), []);
        let told = events(&engine, id);
        let undone = ["fork canceled", "plan undone", "plan created", "plan revived"];
        let expected: Vec<_> =
            ["flight canceled", "hotel canceled", "hotel canceled"].into_iter().chain(undone).collect();
        assert_eq!(told[told.len() - 7..], expected);
        do_next(&engine, TripFlow::plan, id, ());
        assert_eq!(open(&engine, id), ["fork started", "hotel new", "hotel new", "flight new"]);
        check(&store);
    });
}

#[test]
fn a_task_after_which_another_one_is_done_is_not_undone_alone() {
    on_every_store(|store| {
        let (engine, id) = began(&store);
        let plan = all(&engine, TripFlow::plan, id).remove(0).id;
        do_next(&engine, TripFlow::flight, id, ());
        let before = events(&engine, id);
        let error = engine.undo(plan, &boss()).unwrap_err();
        let told = error.to_string();
        assert!(matches!(error, Error::DoneAfter { .. }) && told.contains("`trip.flight`"), "{told}");
        assert!(told.contains("use `go_back`"), "{told}");
        assert_eq!(events(&engine, id), before);
        // A join that has not fired does nothing, so a token that waits there does not prevent the undo.
        engine.undo(all(&engine, TripFlow::flight, id).remove(0).id, &boss()).unwrap();
        check(&store);
        engine.undo(plan, &boss()).unwrap();
        check(&store);
        assert_eq!(open(&engine, id), ["plan new"]);
    });
}

#[test]
fn all_since_a_node_is_undone_newest_first() {
    on_every_store(|store| {
        let (engine, id) = booked(&store);
        let again = engine.go_back(id, TripFlow::plan, &boss()).unwrap();
        check(&store);
        assert_eq!(engine.task_record(again).unwrap().node, "plan");
        let undone = ["paid back", "flight given back", "blue given back", "red given back", "a plan forgotten"];
        assert_eq!(log(&engine, id)[5..], undone);
        assert_eq!(open(&engine, id), ["plan new"]);
        for task in engine.tasks(id, 2, usize::MAX).unwrap().iter().filter(|task| task.id != again) {
            assert_eq!((task.status, task.undone), (TaskStatus::Canceled, true), "{}", task.node);
            let revived = engine.revive(task.id, &boss());
            assert!(matches!(revived, Err(Error::WrongStatus { .. })), "{revived:?}");
        }
        do_next(&engine, TripFlow::plan, id, ());
        for hotel in open_tasks(&engine, TripFlow::hotel, id) {
            perform(&engine, TripFlow::hotel, hotel.id, ());
        }
        do_next(&engine, TripFlow::flight, id, ());
        do_next(&engine, TripFlow::pack, id, ());
        check(&store);
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
    });
}

#[test]
fn a_join_that_others_have_come_to_waits_again_for_the_one() {
    on_every_store(|store| {
        let (engine, id) = booked(&store);
        let join = all(&engine, TripFlow::gather, id).remove(0);
        assert_eq!(join.seed, "red");
        let red = all(&engine, TripFlow::hotel, id).remove(0);
        let again = engine.go_back_to(red.id, &boss()).unwrap();
        check(&store);
        assert_eq!(log(&engine, id)[5..], ["paid back", "red given back"]);
        assert_eq!(open(&engine, id), ["fork started", "gather started", "hotel new"]);
        let waits = all(&engine, TripFlow::gather, id);
        assert_eq!((waits.len(), waits[0].id), (1, join.id));
        assert_eq!(waits[0].seed, "blue", "the first that is there gives it its seed");
        let scope = store.scopes(id, None, 10).unwrap().pop().unwrap().1;
        assert_eq!((scope.live, scope.arrived, scope.join), (1, 2, Some(join.id.ordinal)));
        assert_eq!(engine.task_record(again).unwrap().data, red.data);
        // Once more, before the join is done: the open task is canceled, and the arrived tokens stay.
        let flight = all(&engine, TripFlow::flight, id).remove(0).id;
        engine.undo(flight, &boss()).unwrap();
        check(&store);
        do_next(&engine, TripFlow::hotel, id, ());
        assert_eq!(open(&engine, id), ["fork started", "gather started", "flight new"]);
        do_next(&engine, TripFlow::flight, id, ());
        check(&store);
        do_next(&engine, TripFlow::pack, id, ());
        check(&store);
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
        assert_eq!(all(&engine, TripFlow::pay, id).len(), 2);
    });
}

#[test]
fn a_join_that_nobody_else_has_come_to_is_made_anew() {
    on_every_store(|store| {
        let (engine, id) = began(&store);
        do_next(&engine, TripFlow::flight, id, ());
        engine.go_back(id, TripFlow::flight, &boss()).unwrap();
        check(&store);
        let join = all(&engine, TripFlow::gather, id).remove(0);
        assert_eq!((join.status, join.around), (TaskStatus::Canceled, None));
        for hotel in open_tasks(&engine, TripFlow::hotel, id) {
            perform(&engine, TripFlow::hotel, hotel.id, ());
        }
        check(&store);
        assert_eq!(open(&engine, id), ["fork started", "flight new", "gather started"]);
    });
}

#[test]
fn whoever_goes_back_goes_to_the_task_of_the_node_that_was_done_last() {
    on_every_store(|store| {
        let (engine, id) = booked(&store);
        let blue = all(&engine, TripFlow::hotel, id).remove(1);
        let again = engine.go_back(id, TripFlow::hotel, &boss()).unwrap();
        assert_eq!(engine.task_record(again).unwrap().previous, Some(blue.id.ordinal));
        let nothing = engine.go_back(id, TripFlow::pack, &boss());
        assert!(nothing.unwrap_err().to_string().ends_with("is done at `trip.pack`"));
        check(&store);
    });
}

#[test]
fn a_process_whose_start_is_undone_is_canceled() {
    on_every_store(|store| {
        let (engine, id) = booked(&store);
        let start = engine.go_back(id, TripFlow::start, &boss()).unwrap();
        check(&store);
        assert_eq!(log(&engine, id).last().unwrap(), "given up");
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Canceled);
        let start = engine.task_record(start).unwrap();
        assert_eq!((start.id.ordinal, start.status), (1, TaskStatus::Canceled));
        let over = engine.go_back(id, TripFlow::plan, &boss());
        assert!(matches!(over, Err(Error::ProcessIsOver { .. })), "{over:?}");
        let over = engine.undo(start.id, &boss());
        assert!(matches!(over, Err(Error::WrongStatus { .. } | Error::ProcessIsOver { .. })), "{over:?}");
    });
}

#[test]
fn when_something_cannot_be_undone_nothing_is() {
    on_every_store(|store| {
        let (engine, id) = booked(&store);
        let (before, told) = (log(&engine, id), events(&engine, id));
        engine
            .transaction(|_| Ok(()))
            .and_then(|()| {
                let pack = open_task(&engine, TripFlow::pack, id).id;
                engine.cancel_task(pack, &user("ann"))
            })
            .unwrap_err();
        let gateway = all(&engine, TripFlow::gather, id).remove(0).id;
        assert!(matches!(engine.undo(gateway, &boss()), Err(Error::WrongStatus { .. })));
        let error = engine.go_back_to(gateway, &boss()).unwrap_err();
        assert!(matches!(error, Error::NoWayBack { .. }), "{error}");
        let flow = engine.go_back(id, LockedFlow::start, &boss());
        assert!(matches!(flow, Err(Error::OtherFlow { .. })), "{flow:?}");
        assert!(matches!(engine.go_back(id, TripFlow::plan, &user("ann")), Err(Error::Forbidden { .. })));
        assert_eq!((log(&engine, id), events(&engine, id)), (before, told));
    });
}

#[derive(Flow)]
#[flow(process = Trip)]
pub struct LockedFlow {
    #[next(first)]
    start: StartHandle,
    #[undo(Self::undo_first)]
    #[next(second)]
    first: View,
    #[undo(Self::refuse)]
    #[next(last)]
    second: View,
    #[undo(Self::undo_first)]
    #[next(wait)]
    last: View,
    #[next(end)]
    wait: View,
    end: End,
}

impl LockedFlow {
    fn undo_first(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.log.push("undone".to_owned());
        Ok(())
    }

    fn refuse(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Err(Error::msg("that cannot be taken back"))
    }
}

#[test]
fn when_a_handler_fails_nothing_is_undone() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(LockedFlow::new()).build().unwrap();
        let id = engine.run(LockedFlow::start, ()).unwrap().id;
        do_next(&engine, LockedFlow::first, id, ());
        do_next(&engine, LockedFlow::second, id, ());
        do_next(&engine, LockedFlow::last, id, ());
        let before = engine.events(id, 0, 100).unwrap();
        let error = engine.go_back(id, LockedFlow::first, &boss()).unwrap_err();
        assert!(error.to_string().contains("`locked.second`"), "{error}");
        assert!(error.to_string().ends_with("that cannot be taken back"), "{error}");
        assert_eq!(engine.events(id, 0, 100).unwrap(), before);
        assert_eq!(engine.process::<LockedFlow>(id).unwrap().log, Vec::<String>::new());
        engine.go_back(id, LockedFlow::last, &boss()).unwrap();
        assert_eq!(engine.process::<LockedFlow>(id).unwrap().log, ["undone"]);
        check(&store);
    });
}

#[test]
fn what_a_timeout_began_beside_its_task_is_taken_back_with_it() {
    on_every_store(|store| {
        let (builder, clock) = manual(Arc::clone(&store));
        let engine = builder.flow(TripFlow::new()).build().unwrap();
        let id = engine.run(TripFlow::start, ()).unwrap().id;
        do_next(&engine, TripFlow::plan, id, ());
        clock.advance(Duration::from_hours(24));
        engine.run_pending().unwrap();
        let hurries = open_tasks(&engine, TripFlow::hurry, id);
        assert_eq!(hurries.len(), 2);
        let red = open_tasks(&engine, TripFlow::hotel, id).remove(0).id;
        perform(&engine, TripFlow::hotel, red, ());
        perform(&engine, TripFlow::hurry, hurries[0].id, ());
        assert_eq!(engine.process_record(id).unwrap().ends, 1);
        assert!(matches!(engine.undo(red, &boss()), Err(Error::DoneAfter { .. })));
        engine.go_back_to(red, &boss()).unwrap();
        check(&store);
        assert_eq!(engine.process_record(id).unwrap().ends, 0);
        assert_eq!(open_tasks(&engine, TripFlow::hurry, id).len(), 1);
        // Its timeouts start again.
        clock.advance(Duration::from_hours(24));
        engine.run_pending().unwrap();
        assert_eq!(open_tasks(&engine, TripFlow::hurry, id).len(), 2);
        // The engine can also go back to the tasks that the timeout began.
        let hurry = open_tasks(&engine, TripFlow::hurry, id).remove(0).id;
        perform(&engine, TripFlow::hurry, hurry, ());
        engine.undo(hurry, &boss()).unwrap();
        check(&store);
        assert_eq!((open_tasks(&engine, TripFlow::hurry, id).len(), engine.process_record(id).unwrap().ends), (2, 0));
    });
}
