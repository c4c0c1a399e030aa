//! Going back where tokens do not simply follow each other: races, joins that do not wait for all, loops,
//! sub-processes, jobs, failures, compensation.

use std::sync::Arc;

use viewflow::Store;
use viewflow::nodes::Node;
use viewflow::prelude::*;
use viewflow::store::TaskRecord;
use viewflow_testing::inconsistencies;

use crate::support::{boss, do_next, manual, on_every_store};

#[derive(Process, Clone, Debug)]
pub struct Notes {
    pub log: Vec<String>,
    #[field(default = false)]
    pub again: bool,
    #[field(default = false)]
    pub jammed: bool,
}

fn check(store: &Arc<dyn Store>) {
    assert_eq!(inconsistencies(&**store), Vec::<String>::new());
}

fn open(engine: &Engine, id: ProcessId) -> Vec<String> {
    let tasks = engine.tasks(id, 0, usize::MAX).unwrap();
    tasks.iter().filter(|task| !task.status.is_final()).map(|task| format!("{} {}", task.node, task.status)).collect()
}

/// The newest task of a node.
fn last<N: Node>(engine: &Engine, node: N, id: ProcessId) -> TaskRecord {
    engine.tasks(id, 0, usize::MAX).unwrap().into_iter().rfind(|task| task.node == node.name()).unwrap()
}

fn status(engine: &Engine, id: ProcessId) -> ProcessStatus {
    engine.process_record(id).unwrap().status
}

#[derive(Flow)]
#[flow(process = Notes)]
pub struct RaceFlow {
    #[next(before)]
    start: StartHandle,
    #[next(race)]
    before: View,
    #[branch(phone)]
    #[branch(letter)]
    race: SplitFirst,
    #[next(vote)]
    phone: View,
    #[next(vote)]
    letter: View,

    #[branch(left)]
    #[branch(right)]
    #[branch(inner)]
    vote: Split,
    #[next(enough)]
    left: View,
    #[next(enough)]
    right: View,
    #[branch(deep)]
    #[branch(deeper)]
    inner: Split,
    #[next(both)]
    deep: View,
    #[next(both)]
    deeper: View,
    #[next(enough)]
    both: Join,
    #[until(|a| a.arrived()? >= 2)]
    #[next(ask)]
    enough: Join,

    #[fields(again)]
    #[next(check)]
    ask: View,
    #[cond(|a| a.process.again)]
    #[then(before)]
    #[otherwise(end)]
    check: If,
    end: End,
}

fn raced(store: &Arc<dyn Store>) -> (Engine, ProcessId) {
    let engine = Engine::builder(Arc::clone(store)).flow(RaceFlow::new()).build().unwrap();
    let id = engine.run(RaceFlow::start, ()).unwrap().id;
    do_next(&engine, RaceFlow::before, id, ());
    do_next(&engine, RaceFlow::phone, id, ());
    (engine, id)
}

#[test]
fn a_race_stays_decided_and_whoever_lost_it_can_be_revived() {
    on_every_store(|store| {
        let (engine, id) = raced(&store);
        engine.undo(last(&engine, RaceFlow::phone, id).id, &boss()).unwrap();
        check(&store);
        assert_eq!(open(&engine, id), ["race started", "phone new"]);
        do_next(&engine, RaceFlow::phone, id, ());
        check(&store);
        engine.go_back(id, RaceFlow::phone, &boss()).unwrap();
        engine.revive(last(&engine, RaceFlow::letter, id).id, &boss()).unwrap();
        check(&store);
        assert_eq!(open(&engine, id), ["race started", "phone new", "letter new"]);
        do_next(&engine, RaceFlow::letter, id, ());
        check(&store);
        assert_eq!(open(&engine, id)[0], "vote started");
        engine.go_back(id, RaceFlow::before, &boss()).unwrap();
        check(&store);
        assert_eq!(open(&engine, id), ["before new"]);
    });
}

#[test]
fn a_join_that_had_enough_waits_again_and_what_it_canceled_stays_canceled() {
    on_every_store(|store| {
        let (engine, id) = raced(&store);
        do_next(&engine, RaceFlow::left, id, ());
        do_next(&engine, RaceFlow::deep, id, ());
        do_next(&engine, RaceFlow::right, id, ());
        assert_eq!(open(&engine, id), ["ask new"]);
        // Within the canceled branch: its join waits again for this token.
        engine.undo(last(&engine, RaceFlow::deep, id).id, &boss()).unwrap();
        check(&store);
        assert_eq!(open(&engine, id), ["vote started", "inner started", "enough started", "deep new"]);
        do_next(&engine, RaceFlow::deep, id, ());
        check(&store);
        assert_eq!(open(&engine, id), ["ask new"], "three of three have arrived");
        engine.go_back(id, RaceFlow::left, &boss()).unwrap();
        check(&store);
        assert_eq!(open(&engine, id), ["vote started", "enough started", "left new"]);
        let dead = last(&engine, RaceFlow::deeper, id);
        assert_eq!((dead.status, dead.undone), (TaskStatus::Canceled, false));
        do_next(&engine, RaceFlow::left, id, ());
        do_next(&engine, RaceFlow::ask, id, AskFields { again: false });
        check(&store);
        assert_eq!(status(&engine, id), ProcessStatus::Done);
    });
}

#[test]
fn in_a_loop_the_last_round_is_gone_back_to() {
    on_every_store(|store| {
        let (engine, id) = raced(&store);
        let first = last(&engine, RaceFlow::before, id);
        do_next(&engine, RaceFlow::left, id, ());
        do_next(&engine, RaceFlow::right, id, ());
        do_next(&engine, RaceFlow::ask, id, AskFields { again: true });
        do_next(&engine, RaceFlow::before, id, ());
        let second = last(&engine, RaceFlow::before, id);
        engine.go_back(id, RaceFlow::before, &boss()).unwrap();
        check(&store);
        let status_of = |task: &TaskRecord| engine.task_record(task.id).unwrap().status;
        assert_eq!((status_of(&first), status_of(&second)), (TaskStatus::Done, TaskStatus::Revived));
        // Goes back once more, to the round before, over the loop.
        engine.go_back_to(first.id, &boss()).unwrap();
        check(&store);
        assert_eq!(open(&engine, id), ["before new"]);
        assert_eq!(status_of(&first), TaskStatus::Revived);
    });
}

#[derive(Flow)]
#[flow(process = Notes)]
pub struct PartFlow {
    #[next(work)]
    start: StartHandle,
    #[undo(Self::undo_work)]
    #[next(rest)]
    work: View,
    #[next(end)]
    rest: View,
    end: End,
}

impl PartFlow {
    fn undo_work(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.log.push("undone".to_owned());
        Ok(())
    }
}

#[derive(Flow)]
#[flow(process = Notes)]
pub struct WholeFlow {
    #[next(ask)]
    start: StartHandle,
    #[next(part)]
    ask: View,
    #[child(PartFlow::start)]
    #[next(parts)]
    part: Subprocess,
    #[child(PartFlow::start, process_data_source = |_| vec![notes(), notes()])]
    #[undo(Self::parts_undone)]
    #[next(last)]
    parts: NSubprocess,
    #[next(end)]
    last: View,
    end: End,
}

fn notes() -> Notes {
    Notes { log: Vec::new(), again: false, jammed: false }
}

impl WholeFlow {
    fn parts_undone(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        let done = a.children(WholeFlow::parts)?.len();
        a.process.log.push(format!("{done} undone"));
        Ok(())
    }
}

fn do_part(engine: &Engine, child: ProcessId) {
    do_next(engine, PartFlow::work, child, ());
    do_next(engine, PartFlow::rest, child, ());
}

#[test]
fn open_sub_processes_are_canceled_and_done_ones_take_an_undo_handler() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(PartFlow::new()).flow(WholeFlow::new()).build().unwrap();
        let id = engine.run(WholeFlow::start, ()).unwrap().id;
        do_next(&engine, WholeFlow::ask, id, ());
        let children = || engine.processes::<PartFlow>().list().unwrap();
        do_next(&engine, PartFlow::work, children()[0].id, ());
        // In the sub-process itself, while it runs.
        engine.go_back(children()[0].id, PartFlow::work, &boss()).unwrap();
        check(&store);
        assert_eq!((children()[0].status, children()[0].log.len()), (ProcessStatus::New, 1));
        engine.undo(last(&engine, WholeFlow::ask, id).id, &boss()).unwrap();
        check(&store);
        assert_eq!(children()[0].status, ProcessStatus::Canceled);
        do_next(&engine, WholeFlow::ask, id, ());
        do_part(&engine, children()[1].id);
        let error = engine.go_back(id, WholeFlow::ask, &boss()).unwrap_err();
        assert!(matches!(error, Error::NoWayBack { .. }) && error.to_string().contains("`whole.part`"), "{error}");
        do_part(&engine, children()[2].id);
        let error = engine.undo(last(&engine, WholeFlow::part, id).id, &boss()).unwrap_err();
        assert!(matches!(error, Error::DoneAfter { .. }) && error.to_string().contains("`whole.parts`"), "{error}");
        do_part(&engine, children()[3].id);
        engine.go_back(id, WholeFlow::parts, &boss()).unwrap();
        check(&store);
        assert_eq!(engine.process::<WholeFlow>(id).unwrap().log, ["2 undone"]);
        assert_eq!(children().len(), 6);
        assert_eq!(open(&engine, id), ["parts started"]);
    });
}

#[test]
fn a_sub_process_whose_start_is_undone_is_canceled_and_its_parent_hears_of_it() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(PartFlow::new()).flow(WholeFlow::new()).build().unwrap();
        let id = engine.run(WholeFlow::start, ()).unwrap().id;
        do_next(&engine, WholeFlow::ask, id, ());
        let child = engine.processes::<PartFlow>().list().unwrap()[0].id;
        engine.go_back(child, PartFlow::start, &boss()).unwrap();
        check(&store);
        assert_eq!(open(&engine, id), ["part failed"]);
        engine.go_back(id, WholeFlow::ask, &boss()).unwrap();
        check(&store);
        assert_eq!(open(&engine, id), ["ask new"]);
    });
}

#[derive(Flow)]
#[flow(process = Notes)]
pub struct WorkFlow {
    #[next(ask)]
    start: StartHandle,

    #[submit(Self::asked)]
    #[undo(Self::not_asked)]
    #[compensate_with(take_back)]
    #[next(job)]
    ask: View,

    #[call(Self::work)]
    #[undo(Self::undo_job)]
    #[on_timeout(after = "1h", then = late)]
    #[next(wait)]
    job: Job,
    #[next(end)]
    late: View,

    #[signal("go")]
    #[next(compute)]
    wait: SignalCatch,
    #[call(Self::compute)]
    #[next(throw)]
    compute: Function,
    #[next(last)]
    throw: CompensateThrow,
    #[next(end)]
    last: View,
    end: End,

    #[call(Self::note)]
    take_back: Function,
}

impl WorkFlow {
    fn asked(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.log.push("asked".to_owned());
        Ok(())
    }

    fn not_asked(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.log.push("not asked".to_owned());
        Ok(())
    }

    fn work(&self, job: &JobRun<Self>) -> Result<()> {
        if job.process.jammed { Err(Error::msg("jammed")) } else { Ok(()) }
    }

    fn undo_job(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.log.push("job undone".to_owned());
        Ok(())
    }

    fn compute(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        if a.process.jammed { Err(Error::msg("jammed")) } else { Ok(()) }
    }

    fn note(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.log.push("compensated".to_owned());
        Ok(())
    }
}

fn log(engine: &Engine, id: ProcessId) -> Vec<String> {
    engine.process::<WorkFlow>(id).unwrap().log.clone()
}

#[test]
fn jobs_signals_and_failed_tasks_are_gone_back_over() {
    on_every_store(|store| {
        let (builder, clock) = manual(Arc::clone(&store));
        let engine = builder.flow(WorkFlow::new()).build().unwrap();
        let id = engine.run(WorkFlow::start, ()).unwrap().id;
        do_next(&engine, WorkFlow::ask, id, ());
        engine.undo(last(&engine, WorkFlow::ask, id).id, &boss()).unwrap();
        check(&store);
        assert_eq!((open(&engine, id), engine.next_due().unwrap()), (vec!["ask new".to_owned()], None));
        do_next(&engine, WorkFlow::ask, id, ());
        clock.advance(std::time::Duration::from_hours(1));
        engine.run_pending().unwrap();
        assert_eq!(open(&engine, id), ["late new"], "the timeout was due first");
        engine.go_back(id, WorkFlow::ask, &boss()).unwrap();
        check(&store);
        do_next(&engine, WorkFlow::ask, id, ());
        engine.run_pending().unwrap();
        assert_eq!(engine.signal("go").unwrap(), 1);
        engine.undo(last(&engine, WorkFlow::job, id).id, &boss()).unwrap();
        engine.run_pending().unwrap();
        check(&store);
        assert_eq!(open(&engine, id), ["wait new"], "the signal was for the task that is gone");
        assert_eq!(log(&engine, id).last().unwrap(), "job undone");
    });
}

#[test]
fn what_was_compensated_is_not_undone_once_more() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(WorkFlow::new()).build().unwrap();
        let id = engine.run(WorkFlow::start, ()).unwrap().id;
        do_next(&engine, WorkFlow::ask, id, ());
        engine.run_pending().unwrap();
        engine.signal("go").unwrap();
        engine.run_pending().unwrap();
        assert_eq!(log(&engine, id), ["asked", "compensated"]);
        let error = engine.go_back(id, WorkFlow::take_back, &boss()).unwrap_err();
        assert!(matches!(error, Error::NoWayBack { .. }), "{error}");
        engine.go_back(id, WorkFlow::ask, &boss()).unwrap();
        check(&store);
        assert_eq!(log(&engine, id)[2..], ["job undone"]);
        assert_eq!(open(&engine, id), ["ask new"]);
        do_next(&engine, WorkFlow::ask, id, ());
        engine.run_pending().unwrap();
        engine.signal("go").unwrap();
        engine.run_pending().unwrap();
        assert_eq!(log(&engine, id)[3..], ["asked", "compensated"]);
        do_next(&engine, WorkFlow::last, id, ());
        check(&store);
        assert_eq!(status(&engine, id), ProcessStatus::Done);
    });
}
