//! Waiting nodes of every kind are removed. Nothing wakes the tasks that waited there, and their processes go on
//! without them.

use std::sync::Arc;
use std::time::Duration;

use viewflow::Store;
use viewflow::prelude::*;
use viewflow_testing::inconsistencies;

use crate::support::{boss, do_next, manual, on_every_store, open_task};

#[derive(Message, Clone, Debug)]
#[message(name = "change.arrived", latch = drop)]
pub struct Arrived {}

#[derive(Flow)]
#[flow(name = "change_errand")]
pub struct ErrandFlow {
    #[next(run)]
    start: StartHandle,
    #[next(end)]
    run: View,
    end: End,
}

mod v1 {
    use viewflow::prelude::*;

    use super::{Arrived, ErrandFlow};

    #[derive(Process, Clone, Debug)]
    pub struct Parcel {
        #[field(default = false)]
        pub ready: bool,
    }

    #[derive(Flow)]
    #[flow(process = Parcel, name = "change_parcel")]
    pub struct ParcelFlow {
        #[next(fork)]
        start: StartHandle,
        #[branch(look)]
        #[branch(wait)]
        #[branch(hear)]
        #[branch(call)]
        #[branch(hold)]
        #[branch(work)]
        #[branch(send)]
        #[branch(pause)]
        fork: Split,
        #[next(gather)]
        look: View,
        #[delay("1d")]
        #[next(gather)]
        wait: Timer,
        #[message(Arrived)]
        #[next(gather)]
        hear: MessageCatch,
        #[signal("change.call")]
        #[next(gather)]
        call: SignalCatch,
        #[cond(|a| a.process.ready)]
        #[next(gather)]
        hold: ConditionalCatch,
        #[call(Self::work)]
        #[retry(attempts = 9, backoff = "1h")]
        #[next(gather)]
        work: Job,
        #[child(ErrandFlow::start)]
        #[next(gather)]
        send: Subprocess,
        #[delay("1m")]
        #[next(breaks)]
        pause: Timer,
        #[call(Self::breaks)]
        #[next(gather)]
        breaks: Function,
        #[next(end)]
        gather: Join,
        end: End,
    }

    impl ParcelFlow {
        fn breaks(&self, _: &mut Activation<Self, ()>) -> Result<()> {
            Err(Error::msg("broken"))
        }

        fn work(&self, run: &JobRun<Self>) -> Result<()> {
            assert_eq!(run.attempt, 1, "once its node is gone, a job is not run");
            Err(Error::msg("later"))
        }
    }
}

mod v2 {
    use viewflow::prelude::*;

    pub use super::v1::Parcel;

    #[derive(Flow)]
    #[flow(process = Parcel, name = "change_parcel")]
    pub struct ParcelFlow {
        #[next(fork)]
        start: StartHandle,
        #[branch(look)]
        fork: Split,
        #[next(gather)]
        look: View,
        #[next(end)]
        gather: Join,
        end: End,
    }
}

use v1::ParcelFlow as Old;
use v2::ParcelFlow as New;

/// The nodes that only the first version has, and where it holds a task.
const GONE: [&str; 7] = ["wait", "hear", "call", "hold", "work", "send", "breaks"];

fn check(store: &Arc<dyn Store>) {
    assert_eq!(inconsistencies(&**store), Vec::<String>::new());
}

fn task_of(engine: &Engine, id: ProcessId, node: &str) -> viewflow::store::TaskRecord {
    let tasks = engine.tasks(id, 0, 100).unwrap();
    tasks.into_iter().rev().find(|task| task.node == node).unwrap()
}

/// Begins a process with the first version, and continues it with the second.
fn changed(store: &Arc<dyn Store>, suspended: bool) -> (ProcessId, Engine, Arc<viewflow::engine::ManualClock>) {
    let (builder, clock) = manual(store.clone());
    let engine = builder.flow(Old::new()).flow(ErrandFlow::new()).build().unwrap();
    let id = engine.run(Old::start, ()).unwrap().id;
    clock.advance(Duration::from_mins(1));
    engine.run_pending().unwrap();
    assert_eq!(task_of(&engine, id, "breaks").status, TaskStatus::Error);
    if suspended {
        engine.suspend(id, &boss()).unwrap();
    }
    drop(engine);
    check(store);
    let (builder, clock) = manual(store.clone());
    let builder = builder.flow(New::new()).flow(ErrandFlow::new()).keep_obsolete();
    (id, builder.build().unwrap(), clock)
}

#[test]
fn what_waited_at_nodes_that_are_gone_is_woken_by_nothing_and_its_process_goes_on_without_it() {
    for suspended in [false, true] {
        on_every_store(|store| {
            let (id, engine, clock) = changed(&store, suspended);
            check(&store);
            for node in GONE {
                let task = task_of(&engine, id, node);
                let code = task.error.as_ref().and_then(|error| error.code.as_deref());
                assert_eq!(task.status, TaskStatus::Error, "{node}");
                assert_eq!(code, (node != "breaks").then_some("obsolete"), "{node}");
            }
            if suspended {
                engine.resume(id, &boss()).unwrap();
            }
            clock.advance(Duration::from_hours(3 * 24));
            assert_eq!(engine.next_due().unwrap(), None);
            assert!(matches!(engine.send(&Arrived {}), Err(Error::NobodyListens { .. })));
            assert!(matches!(engine.signal("change.call"), Err(Error::NobodyListens { .. })));
            let child = engine.processes::<ErrandFlow>().list().unwrap().remove(0).id;
            do_next(&engine, ErrandFlow::run, child, ());
            engine.run_pending().unwrap();
            check(&store);

            do_next(&engine, New::look, id, ());
            assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::New, "what failed keeps it open");
            for node in GONE {
                engine.cancel_task(task_of(&engine, id, node).id, &boss()).unwrap();
            }
            assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
            check(&store);
            Engine::builder(store).flow(New::new()).flow(ErrandFlow::new()).build().unwrap();
        });
    }
}

#[test]
fn a_process_with_tasks_of_nodes_that_are_gone_is_canceled_with_its_children() {
    on_every_store(|store| {
        let (id, engine, _) = changed(&store, false);
        engine.cancel(id, &boss()).unwrap();
        let child = engine.processes::<ErrandFlow>().list().unwrap().remove(0);
        assert_eq!(child.status, ProcessStatus::Canceled);
        check(&store);
    });
}

#[test]
fn what_was_done_at_a_node_that_is_gone_is_told_and_not_taken_back() {
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(Old::new()).flow(ErrandFlow::new()).build().unwrap();
        let id = engine.run(Old::start, ()).unwrap().id;
        let call = open_task(&engine, Old::call, id).id;
        engine.signal("change.call").unwrap();
        engine.run_pending().unwrap();
        assert_eq!(engine.task_record(call).unwrap().status, TaskStatus::Done);
        for node in GONE.iter().filter(|node| !["call", "breaks"].contains(node)) {
            engine.cancel_task(task_of(&engine, id, node).id, &boss()).unwrap();
        }
        engine.cancel_task(open_task(&engine, Old::pause, id).id, &boss()).unwrap();
        drop(engine);
        let engine = Engine::builder(store.clone()).flow(New::new()).flow(ErrandFlow::new()).build().unwrap();
        let before = engine.events(id, 0, 100).unwrap();
        let undone = engine.undo(call, &boss());
        assert!(matches!(&undone, Err(Error::NoNode { node, .. }) if node == "call"), "{undone:?}");
        let back = engine.go_back(id, New::start, &boss());
        assert!(matches!(&back, Err(Error::NoWayBack { at, .. }) if at.to_string().contains("call")), "{back:?}");
        assert_eq!(engine.events(id, 0, 100).unwrap(), before);
        do_next(&engine, New::look, id, ());
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
        check(&store);
    });
}
