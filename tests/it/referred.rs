//! Processes that rows and other processes refer to.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use viewflow::Store;
use viewflow::engine::{Clock as _, ManualClock, Retention};
use viewflow::nodes::Node;
use viewflow::prelude::*;
use viewflow_testing::inconsistencies;

use crate::support::{boss, complaints, do_next, manual, on_every_store, user};

/// Its fields refer to processes in different ways.
#[derive(Entity, Clone, Debug)]
#[entity(table = "referred_claim")]
pub struct Claim {
    #[id]
    pub id: Id<Claim>,
    #[field(on_delete = protect, index)]
    pub about: ProcessId,
}

#[derive(Entity, Clone, Debug)]
#[entity(table = "referred_note")]
pub struct Note {
    #[id]
    pub id: Id<Note>,
    #[field(on_delete = set_none, index)]
    pub about: Option<ProcessId>,
    #[field(on_delete = set_none)]
    pub beside: Vec<ProcessId>,
    /// Only a number, without a rule.
    pub once: Option<ProcessId>,
}

#[derive(Entity, Clone, Debug)]
#[entity(table = "referred_mark")]
pub struct Mark {
    #[id]
    pub id: Id<Mark>,
    #[field(on_delete = cascade, key = "process.number")]
    pub of: ProcessId,
}

#[derive(Process, Clone, Debug)]
pub struct Follow {
    #[field(column, index, on_delete = protect)]
    pub of: Option<ProcessId>,
    #[field(column, on_delete = set_none)]
    pub beside: Vec<ProcessId>,
    pub remark: String,
}

#[derive(Flow)]
#[flow(process = Follow)]
pub struct FollowFlow {
    #[fields(of, beside)]
    #[next(work)]
    start: Start,
    #[fields(of, remark)]
    #[next(end)]
    work: View,
    end: End,
}

fn in_an_archive(test: impl Fn(&Engine, &ManualClock, &dyn Store)) {
    on_every_store(|store| {
        let (builder, clock) = manual(Arc::clone(&store));
        let engine = builder.flow(FollowFlow::new()).build().unwrap();
        test(&engine, &clock, &*store);
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}

fn started(engine: &Engine, of: Option<ProcessId>, beside: &[ProcessId]) -> ProcessId {
    let form = StartFields { of, beside: beside.to_vec() };
    engine.start(FollowFlow::start, &user("ann"), form).unwrap().id
}

fn finish(engine: &Engine, id: ProcessId) {
    let of = engine.process::<FollowFlow>(id).unwrap().of;
    do_next(engine, FollowFlow::work, id, WorkFields { of, remark: "done".to_owned() });
}

/// Forgets finished processes, and returns how many.
fn purge(engine: &Engine, clock: &ManualClock) -> u64 {
    clock.advance(Duration::from_hours(1));
    engine.purge(clock.now()).unwrap()
}

fn is_there(engine: &Engine, id: ProcessId) -> bool {
    engine.process_record(id).is_ok()
}

#[test]
fn a_process_is_kept_for_a_row_until_it_does_not_refer_to_it_any_more() {
    in_an_archive(|engine, clock, _| {
        let [first, second] = [started(engine, None, &[]), started(engine, None, &[])];
        let claim = engine.transaction(|db| db.table().insert(Claim { id: Id::NEW, about: first })).unwrap();
        finish(engine, first);
        finish(engine, second);
        assert_eq!(purge(engine, clock), 1, "the other one goes");
        assert!(is_there(engine, first));
        let claims = |db: &viewflow::Db| db.table::<Claim>().by(Claim::BY_ABOUT, first).count();
        assert_eq!(engine.transaction(claims).unwrap(), 1);
        engine.transaction(|db| db.table::<Claim>().delete(claim)).unwrap();
        assert_eq!(purge(engine, clock), 1);
        assert!(!is_there(engine, first));
        let error = engine.transaction(|db| db.table().insert(Claim { id: Id::NEW, about: first })).unwrap_err();
        assert!(matches!(error, Error::NoProcess(id) if id == first), "{error}");
    });
}

#[test]
fn rows_are_emptied_or_deleted_with_the_process_as_they_say_themselves() {
    in_an_archive(|engine, clock, _| {
        let (gone, stays) = (started(engine, None, &[]), started(engine, None, &[]));
        let (note, mark) = engine
            .transaction(|db| {
                let once = Some(gone);
                let note = Note { id: Id::NEW, about: Some(gone), beside: vec![stays, gone], once };
                Ok((db.table().insert(note)?, db.table().insert(Mark { id: Id::NEW, of: gone })?))
            })
            .unwrap();
        finish(engine, gone);
        assert_eq!(purge(engine, clock), 1);
        let left = engine.transaction(|db| db.load(note)).unwrap();
        assert_eq!((left.about, left.beside, left.once), (None, vec![stays], Some(gone)));
        assert!(engine.transaction(|db| db.table::<Mark>().get(mark)).unwrap().is_none());
        // A number without a rule may belong to a process that never existed.
        let any = Note { id: Id::NEW, about: None, beside: Vec::new(), once: Some(ProcessId(99)) };
        engine.transaction(|db| db.table().insert(any.clone())).unwrap();
    });
}

#[test]
fn a_process_is_kept_for_another_one_until_that_is_over() {
    in_an_archive(|engine, clock, _| {
        let first = started(engine, None, &[]);
        let second = started(engine, Some(first), &[first]);
        finish(engine, first);
        assert_eq!(purge(engine, clock), 0);
        let followers = engine.processes::<FollowFlow>().by(Follow::BY_OF, first).unwrap();
        assert_eq!(followers.iter().map(|process| process.id).collect::<Vec<_>>(), [second]);
        engine.cancel(second, &boss()).unwrap();
        let third = started(engine, None, &[second]);
        assert_eq!(purge(engine, clock), 2, "neither holds on to the other now");
        assert!(engine.process::<FollowFlow>(third).unwrap().beside.is_empty(), "set to none");

        // Two processes that refer to each other are forgotten when both are over.
        let (left, right) = (started(engine, None, &[]), started(engine, None, &[]));
        for (id, of) in [(left, right), (right, left)] {
            do_next(engine, FollowFlow::work, id, WorkFields { of: Some(of), remark: "done".to_owned() });
        }
        assert_eq!(purge(engine, clock), 2);
    });
}

#[test]
fn what_is_over_remembers_the_number_of_a_process_that_is_forgotten_and_can_be_revived() {
    in_an_archive(|engine, clock, _| {
        let first = started(engine, None, &[]);
        finish(engine, first);
        clock.advance(Duration::from_hours(2));
        let second = started(engine, Some(first), &[]);
        let task = engine.queue(&user("ann")).of(FollowFlow::work).first().unwrap().id;
        engine.cancel_task(task, &boss()).unwrap();
        assert!(engine.process_record(second).unwrap().status.is_final());
        assert_eq!(engine.purge(clock.now()).unwrap(), 1);
        assert!(!is_there(engine, first) && is_there(engine, second));
        assert_eq!(engine.process::<FollowFlow>(second).unwrap().of, Some(first));
    });
}

#[test]
fn a_form_says_of_a_process_that_it_is_not_there() {
    in_an_archive(|engine, _, _| {
        let form = json!({"of": 7, "beside": [1]});
        let start = FollowFlow::start.full_name();
        let told = complaints(engine.desk(&user("ann")).start(&start, form.as_object().unwrap()));
        let expected = [("beside.0", 1), ("of", 7)]
            .map(|(field, number)| format!("{field}: refers to process {number}, which does not exist"));
        assert_eq!(told, expected);
    });
}

#[test]
fn workers_keep_what_is_referred_to_and_forget_it_later() {
    on_every_store(|store| {
        let (builder, clock) = manual(Arc::clone(&store));
        let day = Duration::from_hours(24);
        let engine = builder.flow(FollowFlow::new()).retain(Retention::purge_after(day)).build().unwrap();
        let first = started(&engine, None, &[]);
        let claim = engine.transaction(|db| db.table().insert(Claim { id: Id::NEW, about: first })).unwrap();
        finish(&engine, first);
        clock.advance(2 * day);
        engine.run_pending().unwrap();
        assert!(is_there(&engine, first), "and it is no error");
        engine.transaction(|db| db.table::<Claim>().delete(claim)).unwrap();
        clock.advance(Duration::from_mins(2));
        engine.run_pending().unwrap();
        assert!(!is_there(&engine, first));
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}
