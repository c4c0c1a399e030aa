//! Nobody can act in a suspended process, and everything due waits until the process is resumed.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use viewflow::Store;
use viewflow::engine::Delivery;
use viewflow::lifecycle::Action;
use viewflow::prelude::*;
use viewflow_testing::inconsistencies;

use crate::support::{boss, do_next, events, manual, on_every_store, open_task, open_tasks, user, wait_until};

const DAY: Duration = Duration::from_hours(24);

#[derive(Process, Clone, Debug)]
pub struct Parcel {
    #[field(default = 0)]
    pub number: u32,
    #[field(default = false)]
    pub ready: bool,
    pub log: Vec<String>,
}

#[derive(viewflow::Message, Clone, Debug)]
#[message(key = number, latch = drop)]
pub struct Arrived {
    pub number: u32,
}

#[derive(Flow)]
#[flow(process = Parcel)]
pub struct ParcelFlow {
    runs: Arc<AtomicU32>,
    gate: Arc<Mutex<Option<mpsc::Receiver<()>>>>,

    #[next(fork)]
    start: StartHandle,

    #[branch(look)]
    #[branch(wait)]
    #[branch(hear)]
    #[branch(call)]
    #[branch(hold)]
    #[branch(work)]
    fork: Split,

    #[submit(Self::looked)]
    #[on_timeout(after = "2d", then = late, interrupting = false)]
    #[next(gather)]
    look: View,
    #[next(over)]
    late: View,
    over: End,

    #[delay("1d")]
    #[call(Self::waited)]
    #[next(gather)]
    wait: Timer,

    #[message(Arrived, key = |a| a.process.number)]
    #[call(Self::heard)]
    #[next(gather)]
    hear: MessageCatch,

    #[signal("call")]
    #[call(Self::called)]
    #[next(gather)]
    call: SignalCatch,

    #[cond(|a| a.process.ready)]
    #[next(gather)]
    hold: ConditionalCatch,

    #[call(Self::run)]
    #[next(gather)]
    work: Job,

    #[next(end)]
    gather: Join,
    end: End,
}

impl ParcelFlow {
    fn looked(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.ready = true;
        Ok(())
    }

    fn waited(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.log.push("waited".to_owned());
        Ok(())
    }

    fn heard(&self, a: &mut Activation<Self, ()>, _: Arrived) -> Result<()> {
        a.process.log.push("heard".to_owned());
        Ok(())
    }

    fn called(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.log.push("called".to_owned());
        Ok(())
    }

    fn run(&self, _: &JobRun<Self>) -> Result<()> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let gate = self.gate.lock().unwrap().take();
        gate.map_or(Ok(()), |gate| gate.recv().map_err(Error::other))
    }
}

fn parcel_flow() -> ParcelFlow {
    ParcelFlow::new(Arc::default(), Arc::default())
}

fn check(store: &Arc<dyn Store>) {
    assert_eq!(inconsistencies(&**store), Vec::<String>::new());
}

fn log(engine: &Engine, id: ProcessId) -> Vec<String> {
    engine.process::<ParcelFlow>(id).unwrap().log.clone()
}

#[test]
fn nothing_goes_on_in_a_suspended_process_and_all_that_is_due_happens_when_it_is_resumed() {
    on_every_store(|store| {
        let (builder, clock) = manual(Arc::clone(&store));
        let flow = parcel_flow();
        let runs = Arc::clone(&flow.runs);
        let engine = builder.flow(flow).build().unwrap();
        let id = engine.run(ParcelFlow::start, ()).unwrap().id;
        let (look, ann) = (open_task(&engine, ParcelFlow::look, id).id, user("ann"));
        engine.assign(look, &ann).unwrap();
        engine.suspend(id, &boss()).unwrap();
        check(&store);
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Suspended);
        assert_eq!(engine.processes::<ParcelFlow>().with_status(ProcessStatus::Suspended).list().unwrap().len(), 1);
        assert_eq!(engine.inbox(&ann).list().unwrap(), []);
        clock.advance(3 * DAY);
        assert_eq!(engine.next_due().unwrap(), None);
        assert_eq!(engine.send(&Arrived { number: 0 }).unwrap(), Delivery::Waiting, "it is kept for who waits");
        assert_eq!(engine.signal("call").unwrap(), 0, "it is missed");
        assert_eq!(engine.run_pending().unwrap(), 0, "there is nothing to do, and nobody looks again and again");
        assert_eq!((log(&engine, id), runs.load(Ordering::SeqCst)), (vec![], 0));
        check(&store);

        engine.resume(id, &boss()).unwrap();
        check(&store);
        assert_eq!(engine.inbox(&ann).list().unwrap().len(), 1);
        engine.run_pending().unwrap();
        check(&store);
        let mut told = log(&engine, id);
        told.sort();
        assert_eq!((told, runs.load(Ordering::SeqCst)), (vec!["heard".to_owned(), "waited".to_owned()], 1));
        assert_eq!(open_tasks(&engine, ParcelFlow::late, id).len(), 1, "the timeout, too");
        engine.signal("call").unwrap();
        engine.desk(&ann).execute(look, &viewflow::Document::new()).unwrap();
        engine.run_pending().unwrap();
        do_next(&engine, ParcelFlow::late, id, ());
        check(&store);
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
        let told = events(&engine, id);
        assert!(told.contains(&"process suspended".to_owned()) && told.contains(&"process resumed".to_owned()));
    });
}

#[test]
fn whatever_is_done_to_a_suspended_process_is_refused_but_for_its_cancelation() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(parcel_flow()).build().unwrap();
        let id = engine.run(ParcelFlow::start, ()).unwrap().id;
        let (look, call) = (open_task(&engine, ParcelFlow::look, id).id, open_task(&engine, ParcelFlow::call, id).id);
        let gone = open_task(&engine, ParcelFlow::wait, id).id;
        engine.cancel_task(gone, &boss()).unwrap();
        let not = engine.resume(id, &boss());
        assert!(matches!(not, Err(Error::NotSuspended { process }) if process == id), "{not:?}");
        engine.suspend(id, &boss()).unwrap();
        let before = engine.events(id, 0, 100).unwrap();
        let refused = [
            engine.assign(look, &user("ann")),
            engine.cancel_task(call, &boss()),
            engine.skip(call, &boss()),
            engine.revive(gone, &boss()).map(drop),
            engine.undo(TaskId { process: id, ordinal: 1 }, &boss()).map(drop),
            engine.go_back(id, ParcelFlow::start, &boss()).map(drop),
            engine.suspend(id, &boss()),
        ];
        for refused in refused {
            assert!(matches!(refused, Err(Error::Suspended { process }) if process == id), "{refused:?}");
        }
        assert_eq!(engine.events(id, 0, 100).unwrap(), before);
        assert_eq!(engine.actions(look, &boss()).unwrap(), []);
        assert_eq!(engine.process_actions(id, &boss()).unwrap(), [Action::View, Action::Cancel, Action::Resume]);
        engine.cancel(id, &boss()).unwrap();
        check(&store);
        assert_eq!(engine.send(&Arrived { number: 0 }).unwrap(), Delivery::Dropped);
        assert!(matches!(engine.resume(id, &boss()), Err(Error::ProcessIsOver { .. })));
        assert!(matches!(engine.suspend(id, &boss()), Err(Error::ProcessIsOver { .. })));
    });
}

#[test]
fn a_message_goes_to_who_takes_it_and_the_next_is_kept_for_the_suspended_one() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(parcel_flow()).build().unwrap();
        let first = engine.run(ParcelFlow::start, ()).unwrap().id;
        let second = engine.run(ParcelFlow::start, ()).unwrap().id;
        engine.suspend(first, &boss()).unwrap();
        for _ in 0..2 {
            assert_eq!(engine.send(&Arrived { number: 0 }).unwrap(), Delivery::Waiting);
        }
        engine.run_pending().unwrap();
        check(&store);
        assert_eq!((log(&engine, first).len(), log(&engine, second)), (0, vec!["heard".to_owned()]));
        assert_eq!(engine.send(&Arrived { number: 0 }).unwrap(), Delivery::Dropped);
        engine.resume(first, &boss()).unwrap();
        engine.run_pending().unwrap();
        check(&store);
        assert_eq!(log(&engine, first), ["heard"]);
    });
}

#[test]
fn a_signal_that_was_thrown_before_is_heard_afterwards() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(parcel_flow()).build().unwrap();
        let id = engine.run(ParcelFlow::start, ()).unwrap().id;
        assert_eq!(engine.signal("call").unwrap(), 1);
        engine.suspend(id, &boss()).unwrap();
        engine.run_pending().unwrap();
        assert_eq!(log(&engine, id), Vec::<String>::new());
        engine.resume(id, &boss()).unwrap();
        engine.run_pending().unwrap();
        check(&store);
        assert_eq!(log(&engine, id), ["called"]);
    });
}

#[test]
fn a_job_that_is_at_work_is_done_again_and_its_late_result_is_refused() {
    on_every_store(|store| {
        let flow = parcel_flow();
        let (runs, (open, gate)) = (Arc::clone(&flow.runs), mpsc::channel());
        flow.gate.lock().unwrap().replace(gate);
        let engine = Engine::builder(Arc::clone(&store)).flow(flow).build().unwrap();
        let id = engine.run(ParcelFlow::start, ()).unwrap().id;
        let job = open_task(&engine, ParcelFlow::work, id).id;
        let workers = engine.workers(1);
        wait_until(|| runs.load(Ordering::SeqCst) == 1);
        engine.suspend(id, &boss()).unwrap();
        check(&store);
        assert_eq!(engine.task_record(job).unwrap().status, TaskStatus::Scheduled);
        open.send(()).unwrap();
        workers.stop();
        assert_eq!(engine.task_record(job).unwrap().status, TaskStatus::Scheduled);
        engine.resume(id, &boss()).unwrap();
        engine.run_pending().unwrap();
        check(&store);
        let job = engine.task_record(job).unwrap();
        assert_eq!((job.status, job.job.unwrap().attempt, runs.load(Ordering::SeqCst)), (TaskStatus::Done, 2, 2));
    });
}

#[derive(Flow)]
#[flow(process = Parcel)]
pub struct FleetFlow {
    #[next(one)]
    start: StartHandle,
    #[child(ChildFlow::start)]
    #[next(many)]
    one: Subprocess,
    #[child(ChildFlow::start, sequential, process_data_source = |_| [1, 2, 3].map(numbered))]
    #[next(end)]
    many: NSubprocess,
    end: End,
}

#[derive(Flow)]
#[flow(process = Parcel)]
pub struct ChildFlow {
    #[next(look)]
    start: StartHandle,
    #[next(end)]
    look: View,
    end: End,
}

fn numbered(number: u32) -> Parcel {
    Parcel { number, ready: false, log: Vec::new() }
}

fn children(engine: &Engine, status: ProcessStatus) -> Vec<ProcessId> {
    engine.processes::<ChildFlow>().with_status(status).list().unwrap().iter().map(|child| child.id).collect()
}

#[test]
fn sub_processes_are_suspended_and_resumed_with_their_parent() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(ChildFlow::new()).flow(FleetFlow::new()).build().unwrap();
        let id = engine.run(FleetFlow::start, ()).unwrap().id;
        let child = children(&engine, ProcessStatus::New)[0];
        engine.suspend(id, &boss()).unwrap();
        check(&store);
        assert_eq!(children(&engine, ProcessStatus::Suspended), [child]);
        assert_eq!(engine.queue(&user("ann")).list().unwrap(), []);
        let refused = engine.resume(child, &boss());
        assert!(matches!(refused, Err(Error::Suspended { process }) if process == id), "{refused:?}");
        // A child that ends meanwhile does not move its parent.
        engine.cancel(child, &boss()).unwrap();
        check(&store);
        assert_eq!(open_task(&engine, FleetFlow::one, id).status, TaskStatus::Started);
        engine.resume(id, &boss()).unwrap();
        engine.run_pending().unwrap();
        check(&store);
        let failed = open_task(&engine, FleetFlow::one, id);
        assert_eq!(failed.error.unwrap().code.as_deref(), Some("canceled"));
        engine.skip(failed.id, &boss()).unwrap();

        // In a sequence, the running child is canceled meanwhile, and the next child begins afterwards.
        let sequence = children(&engine, ProcessStatus::New);
        assert_eq!(sequence.len(), 3);
        engine.suspend(sequence[0], &boss()).unwrap();
        engine.suspend(id, &boss()).unwrap();
        check(&store);
        engine.cancel(sequence[0], &boss()).unwrap();
        engine.run_pending().unwrap();
        assert_eq!(children(&engine, ProcessStatus::Suspended).len(), 2);
        engine.resume(id, &boss()).unwrap();
        engine.run_pending().unwrap();
        check(&store);
        do_next(&engine, ChildFlow::look, sequence[1], ());
        do_next(&engine, ChildFlow::look, sequence[2], ());
        check(&store);
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
    });
}

#[test]
fn a_suspended_sub_process_can_be_resumed_alone_and_its_parent_waits_for_it() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(ChildFlow::new()).flow(FleetFlow::new()).build().unwrap();
        let id = engine.run(FleetFlow::start, ()).unwrap().id;
        let child = children(&engine, ProcessStatus::New)[0];
        engine.suspend(child, &boss()).unwrap();
        check(&store);
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::New);
        engine.resume(child, &boss()).unwrap();
        do_next(&engine, ChildFlow::look, child, ());
        check(&store);
        assert_eq!(children(&engine, ProcessStatus::New).len(), 3);
    });
}

#[derive(Entity, Clone, Debug)]
#[entity(table = "suspend_tick")]
pub struct Tick {
    #[id]
    pub id: Id<Tick>,
}

/// Everything that a task may have to catch up on, each beside two timeouts.
#[derive(Flow)]
#[flow(process = Parcel)]
pub struct BehindFlow {
    fails: Arc<AtomicBool>,

    #[next(fork)]
    start: StartHandle,
    #[branch(one)]
    #[branch(many)]
    #[branch(call)]
    #[branch(hold)]
    fork: Split,

    #[child(ChildFlow::start)]
    #[on_error(code = "canceled", then = without)]
    #[on_timeout(after = "1h", then = remind, interrupting = false)]
    #[on_timeout(after = "2h", then = again, interrupting = false)]
    #[next(gather)]
    one: Subprocess,
    #[next(gather)]
    without: View,

    #[child(ChildFlow::start, sequential, process_data_source = |_| [1, 2].map(numbered))]
    #[on_timeout(after = "1h", then = remind, interrupting = false)]
    #[on_timeout(after = "2h", then = again, interrupting = false)]
    #[next(gather)]
    many: NSubprocess,

    #[signal("call")]
    #[call(Self::called)]
    #[on_timeout(after = "1h", then = remind, interrupting = false)]
    #[on_timeout(after = "2h", then = again, interrupting = false)]
    #[next(gather)]
    call: SignalCatch,

    #[cond(|a| a.table::<Tick>().all().count()? > 0)]
    #[on_timeout(after = "1h", then = remind, interrupting = false)]
    #[on_timeout(after = "2h", then = again, interrupting = false)]
    #[next(gather)]
    hold: ConditionalCatch,

    #[next(reminded)]
    remind: View,
    #[next(reminded)]
    again: View,
    reminded: End,
    #[next(end)]
    gather: Join,
    end: End,
}

impl BehindFlow {
    fn called(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        if self.fails.swap(false, Ordering::SeqCst) {
            return Err(Error::msg("nobody is at home"));
        }
        a.process.log.push("called".to_owned());
        Ok(())
    }
}

/// A way to suspend and resume the process.
#[derive(Clone, Copy, Debug)]
struct Course {
    /// The hours of the suspension. After one hour, one timeout of each task is overdue; after two hours, both are.
    hours: u32,
    /// Whether the process is suspended and resumed once more before it catches up.
    twice: bool,
    /// Whether the clock is set back by a day after the resumption.
    set_back: bool,
    /// Whether the step after the signal fails at first.
    fails: bool,
}

fn catches_up(store: Arc<dyn Store>, course: Course) {
    let Course { hours, twice, set_back, fails } = course;
    let (builder, clock) = manual(Arc::clone(&store));
    clock.advance(2 * DAY);
    let flow = BehindFlow::new(Arc::new(AtomicBool::new(fails)));
    let engine = builder.flow(ChildFlow::new()).flow(flow).build().unwrap();
    let id = engine.run(BehindFlow::start, ()).unwrap().id;
    let begun = children(&engine, ProcessStatus::New);
    assert_eq!(begun.len(), 3, "{course:?}");
    assert_eq!(engine.signal("call").unwrap(), 1);
    engine.suspend(id, &boss()).unwrap();
    engine.run_pending().unwrap();
    // Cancels children that have begun: the only child, and the first of two.
    begun[..2].iter().for_each(|child| engine.cancel(*child, &boss()).unwrap());
    clock.advance(hours * Duration::from_hours(1));
    engine.transaction(|db| db.table().insert(Tick { id: Id::NEW })).unwrap();
    engine.run_pending().unwrap();
    check(&store);
    engine.resume(id, &boss()).unwrap();
    check(&store);
    if twice {
        engine.suspend(id, &boss()).unwrap();
        check(&store);
        engine.resume(id, &boss()).unwrap();
    }
    if set_back {
        clock.set(viewflow::Timestamp::from_millis(1));
    }
    engine.run_pending().unwrap();
    check(&store);
    if fails {
        let failed = open_task(&engine, BehindFlow::call, id);
        assert_eq!(failed.status, TaskStatus::Error, "{course:?}");
        // The task has heard the signal, and need not hear a second one.
        if twice { engine.revive(failed.id, &boss()) } else { engine.retry(failed.id, &boss()) }.unwrap();
        check(&store);
    }
    let open: Vec<String> = engine
        .tasks(id, 0, 100)
        .unwrap()
        .into_iter()
        .filter(|task| !task.status.is_final())
        .map(|task| task.node)
        .collect();
    assert_eq!(engine.process::<BehindFlow>(id).unwrap().log, ["called"], "{course:?}: {open:?}");
    assert_eq!(open_tasks(&engine, BehindFlow::without, id).len(), 1, "{course:?}: {open:?}");
    assert!(open_tasks(&engine, BehindFlow::hold, id).is_empty(), "{course:?}: {open:?}");
    assert_eq!(
        engine.queue(&user("ann")).of(ChildFlow::look).list().unwrap().len(),
        1,
        "the next one of two: {course:?}"
    );
}

#[test]
fn whatever_a_task_has_to_catch_up_with_it_does_whatever_else_is_due() {
    for number in 0..24 {
        let course =
            Course { hours: number / 8, twice: number & 4 != 0, set_back: number & 2 != 0, fails: number & 1 != 0 };
        if number % 5 == 0 {
            on_every_store(|store| catches_up(store, course));
        } else {
            catches_up(Arc::new(MemoryStore::new()), course);
        }
    }
}
