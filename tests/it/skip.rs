//! A manager goes on without a task.

use std::sync::Arc;

use viewflow::Store;
use viewflow::lifecycle::Action;
use viewflow::nodes::Node;
use viewflow::prelude::*;
use viewflow::store::TaskRecord;
use viewflow_testing::inconsistencies;

use crate::support::{boss, do_next, events, manual, on_every_store, open_task, user};

#[derive(Process, Clone, Debug)]
pub struct Order {
    pub log: Vec<String>,
}

#[derive(Flow)]
#[flow(process = Order)]
pub struct OrderFlow {
    #[next(pick)]
    start: StartHandle,

    #[submit(Self::picked)]
    #[undo(Self::put_back)]
    #[next(ship, task_seed = |a| a.task.artifact.clone())]
    pick: View<Artifact<String>>,

    #[call(Self::send)]
    #[next(check)]
    ship: Job<Seed<Option<String>>>,

    #[call(Self::weigh)]
    #[next(parts)]
    check: Function,

    #[child(PartFlow::start)]
    #[next(choose)]
    parts: Subprocess,

    #[submit(Self::chosen)]
    #[next(deliver, task_seed = |a| a.task.artifact.clone())]
    choose: View<Artifact<String>>,

    #[next(end)]
    deliver: View<Seed<String>>,

    end: End,
}

#[derive(Flow)]
#[flow(process = Order)]
pub struct PartFlow {
    #[next(work)]
    start: StartHandle,
    #[next(end)]
    work: View,
    end: End,
}

impl OrderFlow {
    fn picked(&self, a: &mut Activation<Self, Artifact<String>>) -> Result<()> {
        a.process.log.push("picked".to_owned());
        Ok(())
    }

    fn put_back(&self, a: &mut Activation<Self, Artifact<String>>) -> Result<()> {
        a.process.log.push("put back".to_owned());
        Ok(())
    }

    fn chosen(&self, a: &mut Activation<Self, Artifact<String>>) -> Result<()> {
        a.task.artifact = Some("by bike".to_owned());
        Ok(())
    }

    fn send(&self, _: &JobRun<Self, Seed<Option<String>>>) -> Result<()> {
        Ok(())
    }

    fn weigh(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Err(Error::msg("the scales are broken"))
    }
}

fn last<N: Node>(engine: &Engine, node: N, id: ProcessId) -> TaskRecord {
    engine.tasks(id, 0, usize::MAX).unwrap().into_iter().rfind(|task| task.node == node.name()).unwrap()
}

fn check(store: &Arc<dyn Store>) {
    assert_eq!(inconsistencies(&**store), Vec::<String>::new());
}

#[test]
fn a_process_goes_on_from_a_task_that_is_skipped_without_what_it_does() {
    on_every_store(|store| {
        let (builder, _) = manual(Arc::clone(&store));
        let engine = builder.flow(OrderFlow::new()).flow(PartFlow::new()).build().unwrap();
        let id = engine.run(OrderFlow::start, ()).unwrap().id;
        let pick = open_task(&engine, OrderFlow::pick, id).id;
        engine.assign(pick, &user("ann")).unwrap();
        assert!(matches!(engine.skip(pick, &user("ann")), Err(Error::Forbidden { .. })));
        engine.skip(pick, &boss()).unwrap();
        check(&store);
        let skipped = engine.task_record(pick).unwrap();
        assert_eq!((skipped.status, skipped.skipped, skipped.owner), (TaskStatus::Done, true, None));
        assert_eq!(skipped.had, [user("ann")]);
        assert_eq!(engine.archive(&user("ann")).list().unwrap(), []);
        assert!(events(&engine, id).contains(&"pick skipped".to_owned()));
        engine.run_pending().unwrap();
        // A failed task can be skipped, too.
        let failed = open_task(&engine, OrderFlow::check, id);
        assert_eq!(failed.status, TaskStatus::Error);
        engine.skip(failed.id, &boss()).unwrap();
        check(&store);
        assert_eq!(engine.task_record(failed.id).unwrap().error, None);
        // So can a task with sub-processes.
        let parts = open_task(&engine, OrderFlow::parts, id).id;
        engine.skip(parts, &boss()).unwrap();
        check(&store);
        assert_eq!(engine.processes::<PartFlow>().list().unwrap()[0].status, ProcessStatus::Canceled);
        assert_eq!(engine.process::<OrderFlow>(id).unwrap().log, Vec::<String>::new());
        // A skipped task did nothing, so going back does not undo it.
        engine.go_back(id, OrderFlow::pick, &boss()).unwrap();
        check(&store);
        assert_eq!(engine.process::<OrderFlow>(id).unwrap().log, Vec::<String>::new());
        do_next(&engine, OrderFlow::pick, id, ());
        engine.undo(last(&engine, OrderFlow::pick, id).id, &boss()).unwrap();
        assert_eq!(engine.process::<OrderFlow>(id).unwrap().log, ["picked", "put back"]);
    });
}

#[test]
fn a_task_is_not_skipped_without_which_there_is_no_way_on() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(OrderFlow::new()).flow(PartFlow::new()).build().unwrap();
        let id = engine.run(OrderFlow::start, ()).unwrap().id;
        for node in ["pick", "ship"] {
            let tasks = engine.tasks(id, 0, 100).unwrap();
            engine.skip(tasks.iter().rfind(|task| task.node == node).unwrap().id, &boss()).unwrap_or(());
        }
        engine.run_pending().unwrap();
        for node in ["check", "parts"] {
            let tasks = engine.tasks(id, 0, 100).unwrap();
            let Some(task) = tasks.iter().rfind(|task| task.node == node && !task.status.is_final()) else { continue };
            engine.skip(task.id, &boss()).unwrap();
        }
        let before = events(&engine, id);
        let choose = open_task(&engine, OrderFlow::choose, id).id;
        let error = engine.skip(choose, &boss()).unwrap_err();
        assert!(error.to_string().contains("`order.choose`") && error.to_string().contains("is empty"), "{error}");
        assert_eq!(events(&engine, id), before);
        check(&store);
        let start = engine.skip(TaskId { process: id, ordinal: 1 }, &boss());
        assert!(matches!(start, Err(Error::WrongStatus { action: Action::Skip, .. })), "{start:?}");
        do_next(&engine, OrderFlow::choose, id, ());
        engine.skip(open_task(&engine, OrderFlow::deliver, id).id, &boss()).unwrap();
        check(&store);
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
    });
}
