//! Removed nodes, and the tasks that waited at them.

use std::sync::Arc;

use viewflow::change::MismatchReason;
use viewflow::lifecycle::Action;
use viewflow::prelude::*;
use viewflow::{Error, EventKind, Store};

use crate::support::{boss, do_next, events, on_every_store, open_task, user};

mod v1 {
    use viewflow::prelude::*;

    #[derive(Task, Clone, Debug)]
    pub struct Look {
        #[field(default = "nothing")]
        pub at: String,
    }

    #[derive(Flow)]
    #[flow(name = "hiring")]
    pub struct HiringFlow {
        #[next(fork)]
        start: StartHandle,
        #[branch(talk, task_data = |_| Look { at: "papers".to_owned() })]
        #[branch(check)]
        fork: Split,
        #[next(gather)]
        #[on_timeout(after = "1h", then = gather)]
        talk: View<Look>,
        #[next(gather)]
        check: View,
        #[next(decide)]
        gather: Join,
        #[next(end)]
        decide: View,
        end: End,
    }
}

/// The second version has no `talk`.
mod v2 {
    use viewflow::prelude::*;

    pub use super::v1::Look;

    #[derive(Task, Clone, Debug)]
    pub struct Strict {
        pub mark: u8,
    }

    #[derive(Flow)]
    #[flow(name = "hiring")]
    pub struct HiringFlow {
        #[next(fork)]
        start: StartHandle,
        #[branch(check)]
        #[branch(write)]
        #[branch(test, task_data = |_| Strict { mark: 1 })]
        fork: Split,
        #[next(gather)]
        check: View,
        #[next(gather)]
        write: View<Look>,
        #[next(gather)]
        test: View<Strict>,
        #[next(decide)]
        gather: Join,
        #[next(end)]
        decide: View,
        end: End,
    }
}

use v1::HiringFlow as Old;
use v2::HiringFlow as New;

fn begun(store: &Arc<dyn Store>) -> (ProcessId, TaskId) {
    let engine = Engine::builder(store.clone()).flow(Old::new()).build().unwrap();
    let id = engine.run(Old::start, ()).unwrap().id;
    let talk = open_task(&engine, Old::talk, id).id;
    engine.assign(talk, &user("ann")).unwrap();
    (id, talk)
}

fn kept(store: &Arc<dyn Store>) -> Engine {
    Engine::builder(store.clone()).flow(New::new()).keep_obsolete().build().unwrap()
}

fn is_done(engine: &Engine, id: ProcessId) -> bool {
    engine.process_record(id).unwrap().status == ProcessStatus::Done
}

#[test]
fn open_tasks_of_a_node_that_is_gone_are_refused_until_they_are_to_be_kept() {
    on_every_store(|store| {
        let (_, talk) = begun(&store);
        let before = state(&*store);
        let error = Engine::builder(store.clone()).flow(New::new()).build().unwrap_err().to_string();
        assert!(error.contains(&format!("open tasks of `hiring.talk` (at least 1; task {talk}, say)")), "{error}");
        assert!(error.contains("`#[was(\"talk\")]`") && error.contains("keep_obsolete()"), "{error}");

        let plan = Engine::builder(store.clone()).flow(New::new()).plan().unwrap();
        assert_eq!(plan.mismatches.len(), 1);
        let mismatch = &plan.mismatches[0];
        assert_eq!((mismatch.tasks, mismatch.example), (1, talk));
        assert!(matches!(mismatch.reason, MismatchReason::NodeGone(_)) && mismatch.reason.can_be_kept());
        let flow = &plan.flows[0];
        assert_eq!((flow.running, flow.other_shapes.values().sum::<u64>()), (1, 1));
        let told = plan.to_string();
        assert!(told.starts_with(&format!("flow `hiring` ({}): 1 running, 1 of them", flow.shape)), "{told}");
        assert_eq!(state(&*store), before, "nothing was changed");
    });
}

/// All processes and tasks, as they are stored.
fn state(store: &dyn Store) -> String {
    let processes = store.processes(ProcessId(0), 100).unwrap();
    let all = processes
        .iter()
        .map(|process| (store.process(process.id), store.tasks(process.id, 0, 100), store.events(process.id, 0, 100)));
    format!("{:?} {:?}", all.collect::<Vec<_>>(), store.tables(None, 100))
}

#[test]
fn a_kept_task_waits_for_nothing_and_when_it_is_canceled_its_process_goes_on() {
    on_every_store(|store| {
        let (id, talk) = begun(&store);
        let engine = kept(&store);
        let kept = engine.task_record(talk).unwrap();
        assert_eq!(kept.status, TaskStatus::Error);
        let name = viewflow::store::NodeName { flow: "hiring".to_owned(), node: "talk".to_owned() };
        assert_eq!(engine.tasks_at(&name, TaskStatus::Error).first().unwrap().id, talk);
        assert_eq!(kept.error.unwrap().code.as_deref(), Some("obsolete"));
        assert!(engine.inbox(&user("ann")).list().unwrap().is_empty(), "nobody is asked to do what is gone");
        assert_eq!(engine.next_due().unwrap(), None, "its timeout is over");
        assert!(engine.retry(talk, &boss()).is_err() && engine.revive(talk, &boss()).is_err());
        assert_eq!(engine.actions(talk, &boss()).unwrap(), [Action::CancelTask, Action::Move]);

        do_next(&engine, New::check, id, ());
        assert!(!is_done(&engine, id), "the join waits for it");
        engine.cancel_task(talk, &boss()).unwrap();
        do_next(&engine, New::decide, id, ());
        assert!(is_done(&engine, id));
        // With no task left to keep, the engine builds without further settings.
        Engine::builder(store.clone()).flow(New::new()).build().unwrap();
        assert_eq!(viewflow_testing::inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn a_kept_task_is_moved_to_another_node_of_its_scope_with_what_it_knows() {
    on_every_store(|store| {
        let (id, talk) = begun(&store);
        let engine = kept(&store);
        let new = engine.move_task(talk, New::write, &boss()).unwrap();
        assert_eq!(engine.task_record(talk).unwrap().status, TaskStatus::Revived);
        let moved = engine.task_record(new).unwrap();
        assert_eq!(
            (moved.node.as_str(), moved.status, &moved.data["at"]),
            ("write", TaskStatus::New, &"papers".into())
        );
        let told = engine.events(id, 0, 100).unwrap();
        let by = Some(new.ordinal);
        assert!(told.iter().any(|event| matches!(&event.kind, EventKind::TaskMoved { by: to, .. } if *to == by)));
        assert!(events(&engine, id).contains(&"talk moved to write".to_owned()));
        do_next(&engine, New::write, id, ());
        do_next(&engine, New::check, id, ());
        do_next(&engine, New::decide, id, ());
        assert!(is_done(&engine, id));
        assert_eq!(viewflow_testing::inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn a_task_that_is_moved_to_the_join_has_its_branch_done() {
    on_every_store(|store| {
        let (id, talk) = begun(&store);
        let engine = kept(&store);
        engine.move_task(talk, New::gather, &boss()).unwrap();
        do_next(&engine, New::check, id, ());
        do_next(&engine, New::decide, id, ());
        assert!(is_done(&engine, id));
    });
}

#[test]
fn where_a_task_cannot_go_on_it_is_not_moved() {
    on_every_store(|store| {
        let (_, talk) = begun(&store);
        let engine = kept(&store);
        let before = state(&*store);
        let why = |error: Error| match error {
            Error::CannotMove { to, why, .. } => format!("{to} {why}"),
            error => panic!("{error}"),
        };
        let outside = engine.move_task(talk, New::decide, &boss()).unwrap_err();
        assert_eq!(why(outside), "hiring.decide is outside of all splits, and the task is within `fork`");
        let start = engine.move_task(talk, New::start, &boss()).unwrap_err();
        assert_eq!(why(start), "hiring.start is a `StartHandle`, to which no task comes");
        let gone = engine.move_task(talk, Old::talk, &boss()).unwrap_err();
        assert_eq!(why(gone), "hiring.talk is no node of the flow");
        let other = engine.move_task(talk, crate::flow::PublishFlow::review, &boss()).unwrap_err();
        assert_eq!(why(other), "publish.review is a node of another flow: the task is of `hiring`");
        let data = engine.move_task(talk, New::test, &boss()).unwrap_err();
        assert!(data.to_string().contains("`mark` is missing"), "{data}");
        assert!(matches!(engine.move_task(talk, New::write, &user("eve")), Err(Error::Forbidden { .. })));
        assert_eq!(state(&*store), before);
        engine.cancel_task(talk, &boss()).unwrap();
        assert!(matches!(engine.move_task(talk, New::write, &boss()), Err(Error::WrongStatus { .. })));
    });
}

#[test]
fn an_open_task_of_today_can_take_another_way() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(New::new()).build().unwrap();
        let id = engine.run(New::start, ()).unwrap().id;
        let test = open_task(&engine, New::test, id).id;
        engine.move_task(test, New::check, &boss()).unwrap();
        assert_eq!(crate::support::open_tasks(&engine, New::check, id).len(), 2);
    });
}
