//! Jobs: work outside of steps that is retried, taken over, and recorded once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use viewflow::engine::ManualClock;
use viewflow::prelude::*;
use viewflow::{EventKind, Store, Timestamp};

use crate::support::{boss, events, manual, on_every_store, open_task, open_tasks, wait_until};

#[derive(Process, Clone, Debug)]
pub struct Mail {
    #[field(default = "Hello")]
    pub text: String,
    #[field(default = 0)]
    pub sent: u32,
    pub receipt: Option<String>,
}

/// The handler of the job, with what it observes.
#[derive(Default)]
pub struct Postman {
    /// How many attempts fail before one succeeds.
    fails: AtomicU32,
    seen: Mutex<Vec<(u32, String)>>,
    code: Mutex<Option<String>>,
}

#[derive(Flow)]
#[flow(process = Mail)]
pub struct MailFlow {
    postman: Arc<Postman>,

    #[input(String)]
    #[call(Self::begin)]
    #[next(send)]
    start: StartHandle,

    #[call(Self::send)]
    #[done(Self::sent)]
    #[retry(attempts = 3, backoff = "10s", max = "15s")]
    #[timeout("1m")]
    #[on_error(code = "refused", then = refused)]
    #[next(end)]
    send: Job,

    refused: End,

    end: End,
}

impl MailFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, text: String) -> Result<()> {
        a.process.text = text;
        Ok(())
    }

    fn send(&self, job: &JobRun<Self>) -> Result<String> {
        self.postman.seen.lock().unwrap().push((job.attempt, job.idempotency_key().to_owned()));
        if let Some(code) = self.postman.code.lock().unwrap().clone() {
            return Err(Error::coded(code, "it came back"));
        }
        assert!(job.process.text != "bomb", "it blew up");
        let left = self.postman.fails.load(Ordering::SeqCst);
        if left > 0 {
            self.postman.fails.store(left - 1, Ordering::SeqCst);
            return Err(Error::msg("nobody answers"));
        }
        Ok(format!("{} sent", job.process.text))
    }

    fn sent(&self, a: &mut Activation<Self, ()>, receipt: String) -> Result<()> {
        a.process.sent += 1;
        a.process.receipt = Some(receipt);
        Ok(())
    }
}

fn mail(store: Arc<dyn Store>) -> (Engine, Arc<Postman>, Arc<ManualClock>) {
    let postman = Arc::new(Postman::default());
    let (builder, clock) = manual(store);
    (builder.flow(MailFlow::new(Arc::clone(&postman))).build().unwrap(), postman, clock)
}

#[test]
fn a_job_runs_outside_the_step_and_its_value_comes_back_as_one() {
    on_every_store(|store| {
        let (engine, postman, _) = mail(store);
        let id = engine.run(MailFlow::start, "Hello".to_owned()).unwrap().id;
        assert!(postman.seen.lock().unwrap().is_empty(), "the step that made it does not run it");
        assert_eq!(open_task(&engine, MailFlow::send_node, id).status, TaskStatus::Scheduled);
        assert_eq!(engine.run_pending().unwrap(), 1);
        let process = engine.process::<MailFlow>(id).unwrap();
        assert_eq!((process.status, process.sent), (ProcessStatus::Done, 1));
        assert_eq!(process.receipt.as_deref(), Some("Hello sent"));
        assert_eq!(engine.run_pending().unwrap(), 0);
    });
}

#[test]
fn a_job_that_fails_is_tried_again_later_and_later_with_the_same_key() {
    on_every_store(|store| {
        let (engine, postman, clock) = mail(store);
        postman.fails.store(2, Ordering::SeqCst);
        let id = engine.run(MailFlow::start, "Hello".to_owned()).unwrap().id;
        engine.run_pending().unwrap();
        assert_eq!(engine.next_due().unwrap(), Some(Timestamp::from_millis(10_000)));
        clock.advance(Duration::from_millis(9_999));
        assert_eq!(engine.run_pending().unwrap(), 0);
        clock.advance(Duration::from_millis(1));
        assert_eq!(engine.run_pending().unwrap(), 1);
        let due = engine.task_record(open_task(&engine, MailFlow::send_node, id).id).unwrap().due;
        assert_eq!(due, Some(Timestamp::from_millis(25_000)), "twice as long, but at most 15 s");
        clock.advance(Duration::from_secs(15));
        engine.run_pending().unwrap();
        assert_eq!(engine.process::<MailFlow>(id).unwrap().status, ProcessStatus::Done);
        let seen = postman.seen.lock().unwrap().clone();
        assert_eq!(seen.iter().map(|(attempt, _)| *attempt).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(seen.iter().all(|(_, key)| *key == seen[0].1), "{seen:?}");
    });
}

#[test]
fn after_its_last_attempt_a_job_waits_to_be_retried_revived_or_canceled() {
    on_every_store(|store| {
        let (engine, postman, clock) = mail(store);
        let fail = |id| {
            postman.fails.store(3, Ordering::SeqCst);
            for _ in 0..3 {
                engine.run_pending().unwrap();
                clock.advance(Duration::from_secs(15));
            }
            let task = open_task(&engine, MailFlow::send_node, id);
            assert_eq!(task.status, TaskStatus::Error);
            assert_eq!(task.error.as_ref().unwrap().message, "nobody answers");
            assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::New, "a failed task keeps it open");
            task.id
        };
        let id = engine.run(MailFlow::start, "Hello".to_owned()).unwrap().id;
        let task = fail(id);
        assert_eq!(engine.run_pending().unwrap(), 0, "it is left alone");
        assert_eq!(engine.retry(task, &boss()).unwrap(), task);
        fail(id);
        engine.retry(task, &boss()).unwrap();
        engine.run_pending().unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);

        let id = engine.run(MailFlow::start, "Hello".to_owned()).unwrap().id;
        let task = fail(id);
        let new = engine.revive(task, &boss()).unwrap();
        assert_eq!(engine.task_record(task).unwrap().status, TaskStatus::Revived);
        engine.run_pending().unwrap();
        assert_eq!(engine.task_record(new).unwrap().status, TaskStatus::Done);
        let keys: Vec<_> = postman.seen.lock().unwrap().iter().map(|(_, key)| key.clone()).collect();
        assert_ne!(keys[keys.len() - 1], keys[keys.len() - 2], "a revived job has a new key");

        let id = engine.run(MailFlow::start, "Hello".to_owned()).unwrap().id;
        engine.cancel_task(fail(id), &boss()).unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Canceled);
    });
}

#[test]
fn an_error_whose_code_the_flow_knows_takes_its_way_at_once() {
    on_every_store(|store| {
        let (engine, postman, _) = mail(store);
        *postman.code.lock().unwrap() = Some("refused".to_owned());
        let id = engine.run(MailFlow::start, "Hello".to_owned()).unwrap().id;
        engine.run_pending().unwrap();
        assert_eq!(postman.seen.lock().unwrap().len(), 1);
        assert_eq!(
            events(&engine, id)[4..],
            [
                "send started, attempt 1",
                "send left for refused",
                "send canceled",
                "refused created",
                "refused finished",
                "process finished"
            ]
        );
        *postman.code.lock().unwrap() = Some("other".to_owned());
        let id = engine.run(MailFlow::start, "Hello".to_owned()).unwrap().id;
        engine.run_pending().unwrap();
        assert_eq!(
            open_task(&engine, MailFlow::send_node, id).status,
            TaskStatus::Scheduled,
            "an unknown code is tried again"
        );
    });
}

#[test]
fn a_handler_that_panics_is_a_failed_attempt_and_the_worker_lives() {
    on_every_store(|store| {
        let (engine, _, clock) = mail(store);
        let bomb = engine.run(MailFlow::start, "bomb".to_owned()).unwrap().id;
        let good = engine.run(MailFlow::start, "Hello".to_owned()).unwrap().id;
        for _ in 0..3 {
            engine.run_pending().unwrap();
            clock.advance(Duration::from_secs(15));
        }
        let error = open_task(&engine, MailFlow::send_node, bomb).error.unwrap();
        assert_eq!(error.message, "panicked: it blew up");
        assert_eq!(engine.process_record(good).unwrap().status, ProcessStatus::Done);
    });
}

#[test]
fn what_fails_after_a_job_does_not_undo_it() {
    #[derive(Flow)]
    #[flow(process = Mail)]
    struct AfterFlow {
        #[next(send)]
        start: StartHandle,
        #[call(Self::send)]
        #[next(archive)]
        send: Job,
        #[call(Self::archive)]
        #[next(end)]
        archive: Function,
        end: End,
    }
    impl AfterFlow {
        fn send(&self, _: &JobRun<Self>) -> Result<()> {
            Ok(())
        }
        fn archive(&self, a: &mut Activation<Self, ()>) -> Result<()> {
            a.process.sent = 7;
            Err(Error::msg("the cupboard is full"))
        }
    }
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(AfterFlow::new()).build().unwrap();
        let id = engine.run(AfterFlow::start, ()).unwrap().id;
        engine.run_pending().unwrap();
        let failed = open_task(&engine, AfterFlow::archive_node, id);
        assert_eq!(failed.status, TaskStatus::Error);
        assert!(failed.error.as_ref().unwrap().message.contains("the cupboard is full"));
        assert_eq!(engine.tasks_of(AfterFlow::send_node, TaskStatus::Done).list().unwrap().len(), 1);
        assert_eq!(engine.process::<AfterFlow>(id).unwrap().sent, 0, "what the failed handler changed is gone");
        let error = engine.retry(failed.id, &boss()).unwrap_err();
        assert!(
            error.to_string().contains("the cupboard is full"),
            "the person that retries it sees the error: {error}"
        );
        assert_eq!(open_task(&engine, AfterFlow::archive_node, id).status, TaskStatus::Error);
    });
}

#[test]
fn a_job_sees_the_tables_and_cannot_write_them() {
    #[derive(Entity, Clone, Debug)]
    struct Letter {
        #[id]
        id: Id<Letter>,
        text: String,
    }
    #[derive(Flow)]
    struct PeekFlow {
        #[delay("2s")]
        #[call(Self::peek)]
        #[next(end)]
        peek: Job,
        #[next(peek)]
        start: StartHandle,
        end: End,
    }
    impl PeekFlow {
        fn peek(&self, job: &JobRun<Self>) -> Result<()> {
            assert_eq!(job.table::<Letter>().all().count()?, 1);
            job.table().insert(Letter { id: Id::NEW, text: "two".to_owned() }).map(|_| ())
        }
    }
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(PeekFlow::new()).build().unwrap();
        engine.transaction(|db| db.table().insert(Letter { id: Id::NEW, text: "one".to_owned() })).unwrap();
        let id = engine.run(PeekFlow::start, ()).unwrap().id;
        assert_eq!(engine.run_pending().unwrap(), 0, "it is delayed");
        clock.advance(Duration::from_secs(2));
        engine.run_pending().unwrap();
        let error = open_task(&engine, PeekFlow::peek_node, id).error.unwrap();
        assert!(error.message.contains("cannot write"), "{}", error.message);
        assert_eq!(engine.transaction(|db| db.table::<Letter>().all().count()).unwrap(), 1);
    });
}

#[test]
fn an_attempt_that_takes_too_long_has_failed_and_its_result_is_not_taken() {
    #[derive(Flow)]
    #[flow(process = Mail)]
    struct LateFlow {
        clock: Arc<ManualClock>,
        #[next(send)]
        start: StartHandle,
        #[call(Self::send)]
        #[done(Self::sent)]
        #[retry(attempts = 2, backoff = "0s")]
        #[timeout("1m")]
        #[next(end)]
        send: Job,
        end: End,
    }
    impl LateFlow {
        fn send(&self, job: &JobRun<Self>) -> Result<u32> {
            if job.attempt == 1 {
                self.clock.advance(Duration::from_mins(1));
            }
            Ok(job.attempt)
        }
        fn sent(&self, a: &mut Activation<Self, ()>, attempt: u32) -> Result<()> {
            a.process.sent = attempt;
            Ok(())
        }
    }
    on_every_store(|store| {
        let (builder, clock) = manual(Arc::clone(&store));
        let engine = builder.flow(LateFlow::new(Arc::clone(&clock))).build().unwrap();
        let id = engine.run(LateFlow::start, ()).unwrap().id;
        engine.run_pending().unwrap();
        let process = engine.process::<LateFlow>(id).unwrap();
        assert_eq!((process.status, process.sent), (ProcessStatus::Done, 2), "{:?}", events(&engine, id));
        assert!(events(&engine, id).contains(&"send will be tried again: the attempt ran out of time".to_owned()));
    });
}

#[test]
fn workers_run_jobs_in_threads_and_stop_cleanly() {
    on_every_store(|store| {
        let postman = Arc::new(Postman::default());
        let engine = Engine::builder(store).flow(MailFlow::new(Arc::clone(&postman))).build().unwrap();
        let workers = engine.workers(3);
        let ids: Vec<_> = (0..20).map(|_| engine.run(MailFlow::start, "Hello".to_owned()).unwrap().id).collect();
        let done = || ids.iter().all(|id| engine.process_record(*id).unwrap().status == ProcessStatus::Done);
        wait_until(done);
        workers.stop();
        let id = engine.run(MailFlow::start, "Hello".to_owned()).unwrap().id;
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(open_task(&engine, MailFlow::send_node, id).status, TaskStatus::Scheduled, "nobody is at work");
        assert_eq!(postman.seen.lock().unwrap().len(), 20, "each job ran once");
    });
}

#[test]
fn a_worker_whose_lease_was_taken_over_cannot_write() {
    on_every_store(|store| {
        #[derive(Flow)]
        #[flow(process = Mail)]
        struct SlowFlow {
            during: Arc<dyn Fn(u32) + Send + Sync>,
            #[next(send)]
            start: StartHandle,
            #[call(Self::send)]
            #[done(Self::sent)]
            #[next(end)]
            send: Job,
            end: End,
        }
        impl SlowFlow {
            fn send(&self, job: &JobRun<Self>) -> Result<String> {
                (self.during)(job.attempt);
                Ok(format!("by attempt {}", job.attempt))
            }
            fn sent(&self, a: &mut Activation<Self, ()>, receipt: String) -> Result<()> {
                a.process.sent += 1;
                a.process.receipt = Some(receipt);
                Ok(())
            }
        }
        let clock = Arc::new(ManualClock::default());
        let build = |during: Arc<dyn Fn(u32) + Send + Sync>| {
            let builder = Engine::builder(Arc::clone(&store)).clock(Arc::clone(&clock)).lease(Duration::from_secs(30));
            builder.flow(SlowFlow::new(during)).build().unwrap()
        };
        let other = build(Arc::new(|_| {}));
        let (second, time) = (other.clone(), Arc::clone(&clock));
        let slow = build(Arc::new(move |attempt| {
            assert_eq!(attempt, 1);
            assert_eq!(second.run_pending().unwrap(), 0, "the job has its worker");
            time.advance(Duration::from_secs(31));
            assert_eq!(second.run_pending().unwrap(), 1, "the worker is overdue: a second worker takes the job over");
        }));
        let id = slow.run(SlowFlow::start, ()).unwrap().id;
        slow.run_pending().unwrap();
        let process = slow.process::<SlowFlow>(id).unwrap();
        assert_eq!((process.sent, process.receipt.as_deref()), (1, Some("by attempt 2")));
        let done = slow.events(id, 0, 100).unwrap();
        assert_eq!(
            done.iter()
                .filter(|event| matches!(&event.kind, EventKind::TaskFinished { node, .. } if node == "send"))
                .count(),
            1
        );
    });
}

#[test]
fn a_job_whose_value_and_whose_way_of_error_both_fail_is_in_error_and_not_run_for_ever() {
    #[derive(Flow)]
    struct LostFlow {
        runs: Arc<AtomicU32>,
        #[next(send)]
        start: StartHandle,
        #[call(Self::send)]
        #[done(Self::sent)]
        #[retry(attempts = 2, backoff = "1s")]
        #[on_error(code = "refused", then = handle, task_seed = |_| LostFlow::reason()?)]
        #[next(end)]
        send: Job,
        #[next(end)]
        handle: View<Seed<u32>>,
        end: End,
    }
    impl LostFlow {
        fn reason() -> Result<u32> {
            Err(Error::msg("nobody knows why"))
        }
        fn send(&self, _: &JobRun<Self>) -> Result<u32> {
            Ok(self.runs.fetch_add(1, Ordering::SeqCst))
        }
        fn sent(&self, _: &mut Activation<Self, ()>, _: u32) -> Result<()> {
            Err(Error::coded("refused", "not wanted"))
        }
    }
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let runs = Arc::new(AtomicU32::new(0));
        let engine = builder.flow(LostFlow::new(Arc::clone(&runs))).build().unwrap();
        let id = engine.run(LostFlow::start, ()).unwrap().id;
        for _ in 0..10 {
            engine.run_pending().unwrap();
            clock.advance(Duration::from_hours(24));
        }
        assert_eq!(open_task(&engine, LostFlow::send_node, id).status, TaskStatus::Error);
        assert!(runs.load(Ordering::SeqCst) <= 2);
    });
}

#[test]
fn timers_fire_while_all_workers_are_at_long_jobs() {
    #[derive(Flow)]
    struct BusyFlow {
        over: Arc<AtomicU32>,
        #[next(fork)]
        start: StartHandle,
        #[branch(long)]
        #[branch(short)]
        fork: Split,
        #[call(Self::long)]
        #[next(gather)]
        long: Job,
        #[delay("50ms")]
        #[next(gather)]
        short: Timer,
        #[next(end)]
        gather: Join,
        end: End,
    }
    impl BusyFlow {
        fn long(&self, _: &JobRun<Self>) -> Result<()> {
            wait_until(|| self.over.load(Ordering::SeqCst) > 0);
            Ok(())
        }
    }
    on_every_store(|store| {
        let over = Arc::new(AtomicU32::new(0));
        let engine = Engine::builder(store).flow(BusyFlow::new(Arc::clone(&over))).build().unwrap();
        let id = engine.run(BusyFlow::start, ()).unwrap().id;
        let workers = engine.workers(1);
        wait_until(|| open_tasks(&engine, BusyFlow::short, id).is_empty());
        assert_eq!(open_task(&engine, BusyFlow::long_node, id).status, TaskStatus::Started);
        over.store(1, Ordering::SeqCst);
        wait_until(|| engine.process_record(id).unwrap().status == ProcessStatus::Done);
        workers.stop();
    });
}

#[test]
fn a_job_that_takes_every_worker_with_it_is_in_error_in_the_end() {
    #[derive(Flow)]
    struct KillFlow {
        runs: Arc<AtomicU32>,
        over: Arc<AtomicU32>,
        #[next(send)]
        start: StartHandle,
        #[call(Self::send)]
        #[next(end)]
        send: Job,
        end: End,
    }
    impl KillFlow {
        fn send(&self, _: &JobRun<Self>) -> Result<()> {
            self.runs.fetch_add(1, Ordering::SeqCst);
            wait_until(|| self.over.load(Ordering::SeqCst) > 0);
            Ok(())
        }
    }
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (runs, over) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let clock = Arc::new(ManualClock::default());
    // An engine that hangs in the job stands for a program that was killed there.
    let program = || {
        let builder = Engine::builder(Arc::clone(&store)).clock(Arc::clone(&clock));
        builder.flow(KillFlow::new(Arc::clone(&runs), Arc::clone(&over))).build().unwrap()
    };
    let id = program().run(KillFlow::start, ()).unwrap().id;
    let mut threads = Vec::new();
    for run in 1..=11 {
        let engine = program();
        threads.push(std::thread::spawn(move || engine.run_pending()));
        wait_until(|| runs.load(Ordering::SeqCst) == run);
        clock.advance(Duration::from_hours(1));
    }
    program().run_pending().unwrap();
    let task = open_task(&program(), KillFlow::send_node, id);
    assert_eq!(task.status, TaskStatus::Error);
    assert_eq!(task.error.unwrap().message, "11 workers were lost with it, one after the other");
    over.store(1, Ordering::SeqCst);
    for thread in threads {
        thread.join().unwrap().unwrap();
    }
    assert_eq!(
        open_task(&program(), KillFlow::send_node, id).status,
        TaskStatus::Error,
        "who comes late writes nothing"
    );
}
