//! Ends of every kind: by race, by enough branches, terminated, failed, canceled, revived.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use viewflow::prelude::*;

use crate::support::{boss, do_next, events, manual, on_every_store, open_task, open_tasks, perform, user};

#[derive(Process, Clone, Debug)]
pub struct Ballot {
    pub voters: Vec<String>,
    #[field(default = 0)]
    pub ayes: u32,
    #[field(default = false)]
    pub broken: bool,
}

#[derive(Task, Clone, Debug)]
pub struct Vote {
    pub voter: String,
    #[field(default = false)]
    pub aye: bool,
}

#[derive(Form, Clone, Debug)]
pub struct VoteForm {
    pub aye: bool,
}

/// Two ayes are enough.
#[derive(Flow)]
#[flow(process = Ballot)]
pub struct BallotFlow {
    #[fields(voters)]
    #[next(ask)]
    start: Start,

    #[branch(vote, task_data_source = |a| a.process.voters.iter().map(|v| Vote { voter: v.clone(), aye: false }))]
    ask: Split,

    #[form(VoteForm)]
    #[submit(Self::voted)]
    #[next(count)]
    vote: View<Vote>,

    #[until(|a| a.branch(BallotFlow::vote)?.iter().filter(|vote| vote.aye).count() >= 2)]
    #[next(tally)]
    count: Join,

    #[call(Self::tally)]
    #[next(end)]
    tally: Function,

    end: End,
}

impl BallotFlow {
    fn voted(&self, a: &mut Activation<Self, Vote>, form: VoteForm) -> Result<()> {
        a.task.aye = form.aye;
        Ok(())
    }

    fn tally(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        let votes = a.branch(Self::vote)?;
        a.process.ayes = u32::try_from(votes.iter().filter(|vote| vote.aye).count()).map_err(Error::other)?;
        Ok(())
    }
}

#[test]
fn a_join_that_has_enough_cancels_the_rest_and_goes_on_once() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(BallotFlow::new()).build().unwrap();
        for (answers, ayes, canceled) in [
            (&[true, true][..], 2, 2),
            (&[false, true, true], 2, 1),
            (&[false, false, false, true], 1, 0),
            (&[true, false, false, true], 2, 0),
        ] {
            let voters = ["ann", "bob", "carl", "dora"].map(str::to_owned).to_vec();
            let id = engine.start(BallotFlow::start, &user("ann"), StartFields { voters }).unwrap().id;
            for (task, aye) in open_tasks(&engine, BallotFlow::vote, id).into_iter().zip(answers) {
                assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::New);
                perform(&engine, BallotFlow::vote, task.id, VoteForm { aye: *aye });
            }
            let process = engine.process::<BallotFlow>(id).unwrap();
            assert_eq!((process.status, process.ayes), (ProcessStatus::Done, ayes), "{answers:?}");
            let happened = events(&engine, id);
            let count = |what: &str| happened.iter().filter(|event| *event == what).count();
            assert_eq!((count("vote canceled"), count("count finished"), count("tally finished")), (canceled, 1, 1));
        }
    });
}

#[test]
fn after_a_split_that_took_no_branch_there_are_no_tasks_of_its_branches() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(BallotFlow::new()).build().unwrap();
        let id = engine.start(BallotFlow::start, &user("ann"), StartFields { voters: Vec::new() }).unwrap().id;
        let process = engine.process::<BallotFlow>(id).unwrap();
        assert_eq!((process.status, process.ayes), (ProcessStatus::Done, 0));
    });
}

/// A join after two of three branches, with deep branches and inner scopes.
#[derive(Flow)]
#[flow(process = Ballot)]
pub struct DeepFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(a)]
    #[branch(inner)]
    #[branch(sleep)]
    fork: Split,
    #[next(gather)]
    a: View,
    #[branch(b)]
    #[branch(c)]
    inner: Split,
    #[next(inner_join)]
    b: View,
    #[next(inner_join)]
    c: View,
    #[next(gather)]
    inner_join: Join,
    #[delay("1d")]
    #[next(gather)]
    sleep: Timer,
    #[until(|a| a.arrived()? >= 1)]
    #[next(last)]
    gather: Join,
    #[next(end)]
    last: View,
    end: End,
}

#[test]
fn what_is_left_in_inner_scopes_is_canceled_too() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(DeepFlow::new()).build().unwrap();
        let id = engine.run(DeepFlow::start, ()).unwrap().id;
        do_next(&engine, DeepFlow::b, id, ());
        assert!(open_tasks(&engine, DeepFlow::last, id).is_empty());
        do_next(&engine, DeepFlow::a, id, ());
        let open: Vec<_> =
            engine.tasks(id, 0, 100).unwrap().into_iter().filter(|task| !task.status.is_final()).collect();
        assert_eq!(open.iter().map(|task| task.node.as_str()).collect::<Vec<_>>(), ["last"]);
        clock.advance(Duration::from_secs(1_000_000));
        assert_eq!(engine.run_pending().unwrap(), 0, "the timer went with the rest");
        do_next(&engine, DeepFlow::last, id, ());
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
    });
}

/// The first one wins: a person, a timer, or a message from outside.
#[derive(Flow)]
#[flow(process = Ballot)]
pub struct RaceFlow {
    #[next(race)]
    start: StartHandle,
    #[branch(answer)]
    #[branch(wait)]
    #[branch(ask)]
    race: SplitFirst,
    #[on_timeout(after = "1h", then = nudge, interrupting = false)]
    #[next(check)]
    answer: View,
    #[next(nudged)]
    nudge: View,
    nudged: End,
    #[delay("2h")]
    #[next(late)]
    wait: Timer,
    #[next(late)]
    ask: Handle,
    #[next(check)]
    late: View,
    #[cond(|a| a.process.broken)]
    #[then(race)]
    #[otherwise(end)]
    check: If,
    end: End,
}

#[test]
fn the_first_branch_whose_first_step_is_done_wins_and_the_others_are_canceled() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(RaceFlow::new()).build().unwrap();
        let start = || engine.run(RaceFlow::start, ()).unwrap().id;
        let open = |id| -> Vec<String> {
            let tasks = engine.tasks(id, 0, 100).unwrap().into_iter();
            tasks.filter(|task| !task.status.is_final()).map(|task| task.node).collect()
        };
        let id = start();
        assert_eq!(open(id), ["race", "answer", "wait", "ask"]);
        do_next(&engine, RaceFlow::answer, id, ());
        assert_eq!((open(id), engine.process_record(id).unwrap().status), (vec![], ProcessStatus::Done));
        let id = start();
        clock.advance(Duration::from_hours(2));
        engine.run_pending().unwrap();
        // A task beside the loser is no branch of the race.
        assert_eq!(open(id), ["nudge", "late"]);
        do_next(&engine, RaceFlow::late, id, ());
        do_next(&engine, RaceFlow::nudge, id, ());
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
        let id = start();
        engine.open_task(RaceFlow::ask, id).unwrap().run(()).unwrap();
        assert_eq!(open(id), ["late"]);
        assert!(engine.next_due().unwrap().is_none(), "timers and timeouts of the losers are gone");
    });
}

#[test]
fn two_open_races_of_one_node_do_not_disturb_each_other_and_losers_can_be_canceled_and_revived() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(RaceFlow::new()).build().unwrap();
        let (first, second) =
            (engine.run(RaceFlow::start, ()).unwrap().id, engine.run(RaceFlow::start, ()).unwrap().id);
        do_next(&engine, RaceFlow::answer, first, ());
        assert_eq!(open_tasks(&engine, RaceFlow::wait, second).len(), 1);
        let [answer, ask] =
            [open_task(&engine, RaceFlow::answer, second).id, open_task(&engine, RaceFlow::ask, second).id];
        engine.cancel_task(answer, &boss()).unwrap();
        let again = engine.revive(answer, &boss()).unwrap();
        engine.cancel_task(ask, &boss()).unwrap();
        perform(&engine, RaceFlow::answer, again, ());
        assert_eq!(engine.process_record(second).unwrap().status, ProcessStatus::Done);
        let error = engine.revive(ask, &boss()).unwrap_err();
        assert!(error.to_string().contains("is done already"), "{error}");
    });
}

#[test]
fn when_all_branches_are_canceled_the_race_is_over() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(RaceFlow::new()).build().unwrap();
        let id = engine.run(RaceFlow::start, ()).unwrap().id;
        for task in engine.tasks(id, 2, 100).unwrap() {
            engine.cancel_task(task.id, &boss()).unwrap();
        }
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Canceled, "it came to no end of its own");
    });
}

#[derive(Flow)]
#[flow(process = Ballot)]
pub struct EndsFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(work)]
    #[branch(stop)]
    #[branch(fail)]
    fork: Split,
    #[next(end)]
    work: View,
    #[next(terminate)]
    stop: Handle,
    #[next(failed)]
    fail: Handle,
    terminate: Terminate,
    #[code("on-fire")]
    failed: ErrorEnd,
    end: End,
}

#[test]
fn terminate_ends_the_process_whatever_is_open_and_an_error_end_fails_it() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(EndsFlow::new()).build().unwrap();
        let id = engine.run(EndsFlow::start, ()).unwrap().id;
        engine.open_task(EndsFlow::stop, id).unwrap().run(()).unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
        assert_eq!(engine.tasks_of(EndsFlow::work, TaskStatus::Canceled).list().unwrap().len(), 1);
        assert_eq!(events(&engine, id).iter().filter(|event| *event == "process finished").count(), 1);

        let id = engine.run(EndsFlow::start, ()).unwrap().id;
        engine.open_task(EndsFlow::fail, id).unwrap().run(()).unwrap();
        let process = engine.process_record(id).unwrap();
        assert_eq!((process.status, process.error.as_deref()), (ProcessStatus::Failed, Some("on-fire")));
        assert!(engine.queue(&user("ann")).list().unwrap().is_empty());
        assert_eq!(events(&engine, id).last().map(String::as_str), Some("process failed with `on-fire`"));
        let open = engine.tasks(id, 0, 100).unwrap().into_iter().filter(|task| !task.status.is_final()).count();
        assert_eq!(open, 0, "not even the split");
    });
}

#[derive(Flow)]
#[flow(process = Ballot)]
pub struct LeaveFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(a)]
    #[branch(b)]
    fork: Split,
    #[assign(|_a| UserId::new("bob"))]
    #[on_timeout(after = "1d", then = too_late)]
    #[next(gather)]
    a: View,
    #[next(own)]
    b: View,
    too_late: End,
    own: End,
    #[call(Self::check)]
    #[next(end)]
    last: Function,
    #[next(last)]
    gather: Join,
    end: End,
}

impl LeaveFlow {
    fn check(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        if a.process.broken { Err(Error::msg("it is broken")) } else { Ok(()) }
    }
}

#[test]
fn the_join_goes_on_when_a_branch_is_canceled_before_or_after_the_other_arrives() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(LeaveFlow::new()).build().unwrap();
        for first in [true, false] {
            let id = engine.run(LeaveFlow::start, ()).unwrap().id;
            let b = open_task(&engine, LeaveFlow::b, id).id;
            let a = open_task(&engine, LeaveFlow::a, id).id;
            let arrive = || {
                engine.task(LeaveFlow::a, a).unwrap().assign(&user("bob")).unwrap().execute(&user("bob"), ()).unwrap();
            };
            if first {
                engine.cancel_task(b, &boss()).unwrap();
                arrive();
            } else {
                arrive();
                engine.cancel_task(b, &boss()).unwrap();
            }
            assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
        }
    });
}

#[test]
fn a_revived_task_is_assigned_as_its_node_says_and_has_its_timeout_anew() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(LeaveFlow::new()).build().unwrap();
        let id = engine.run(LeaveFlow::start, ()).unwrap().id;
        let a = open_task(&engine, LeaveFlow::a, id).id;
        engine.cancel_task(a, &boss()).unwrap();
        assert_eq!(engine.next_due().unwrap(), None, "a canceled task has no timeout");
        clock.advance(Duration::from_hours(1));
        let again = engine.revive(a, &boss()).unwrap();
        let task = engine.task_record(again).unwrap();
        assert_eq!((task.owner, task.status), (Some(user("bob")), TaskStatus::Assigned));
        assert_eq!(task.due, Some(viewflow::Timestamp::from_millis(25 * 3_600_000)));
        assert!(engine.revive(a, &boss()).unwrap_err().to_string().contains("cannot revive a task that is revived"));
        clock.advance(Duration::from_hours(24));
        engine.run_pending().unwrap();
        assert_eq!(engine.task_record(again).unwrap().status, TaskStatus::Canceled);
        assert_eq!(engine.tasks_of(LeaveFlow::too_late, TaskStatus::Done).list().unwrap().len(), 1);
        do_next(&engine, LeaveFlow::b, id, ());
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
    });
}

#[test]
fn what_cannot_be_canceled_retried_or_revived_is_told_and_stays() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(LeaveFlow::new()).build().unwrap();
        let id = engine.run(LeaveFlow::start, ()).unwrap().id;
        let fork = open_task(&engine, LeaveFlow::fork, id).id;
        let a = open_task(&engine, LeaveFlow::a, id).id;
        let start = TaskId { process: id, ordinal: 1 };
        let before = engine.tasks(id, 0, 100).unwrap();
        let told = |result: Result<TaskId>| result.unwrap_err().to_string();
        let told_unit = |result: Result<()>| result.unwrap_err().to_string();
        assert!(told_unit(engine.cancel_task(fork, &boss())).contains("cannot cancel a task that is started"));
        assert!(told_unit(engine.cancel_task(start, &boss())).contains("cannot cancel a task that is done"));
        assert!(told(engine.retry(a, &boss())).contains("cannot retry a task that is assigned"));
        assert!(told(engine.revive(a, &boss())).contains("cannot revive a task that is assigned"));
        let nobody = TaskId { process: id, ordinal: 99 };
        assert!(told(engine.retry(nobody, &boss())).contains("there is no task"));
        assert!(told_unit(engine.cancel(ProcessId(99), &boss())).contains("there is no process 99"));
        assert_eq!(engine.tasks(id, 0, 100).unwrap(), before);
    });
}

#[test]
fn a_process_with_a_failed_task_is_not_done_until_that_is_dealt_with() {
    #[derive(Flow)]
    #[flow(process = Ballot)]
    struct BreakFlow {
        #[next(fork)]
        start: StartHandle,
        #[branch(sleep)]
        #[branch(work)]
        fork: Split,
        #[delay("1s")]
        #[next(risky)]
        sleep: Timer,
        #[call(Self::risky)]
        #[next(end)]
        risky: Function,
        #[next(end)]
        work: View,
        end: End,
    }
    impl BreakFlow {
        fn risky(&self, _: &mut Activation<Self, ()>) -> Result<()> {
            Err(Error::coded("bang", "it broke"))
        }
    }
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(BreakFlow::new()).build().unwrap();
        let id = engine.run(BreakFlow::start, ()).unwrap().id;
        clock.advance(Duration::from_secs(1));
        assert_eq!(engine.run_pending().unwrap(), 1);
        do_next(&engine, BreakFlow::work, id, ());
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::New);
        let failed = open_task(&engine, BreakFlow::risky_node, id);
        assert_eq!((failed.status, failed.error.unwrap().code.as_deref()), (TaskStatus::Error, Some("bang")));
        assert_eq!(engine.marks(id).unwrap()[3], viewflow::graph::Mark::Failed);
        engine.cancel_task(failed.id, &boss()).unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done, "one branch came to its end");
    });
}

/// A join with a branch that fails, and the same node with another timeout in a second flow.
mod failing {
    use viewflow::prelude::*;

    #[derive(Flow)]
    pub struct FailingFlow {
        #[next(fork)]
        start: StartHandle,
        #[branch(sleep)]
        #[branch(work)]
        fork: Split,
        #[delay("1h")]
        #[next(risky)]
        sleep: Timer,
        #[call(Self::fail)]
        #[next(gather)]
        risky: Function,
        #[on_timeout(after = "2d", then = slow)]
        #[next(gather)]
        work: View,
        slow: End,
        #[next(end)]
        gather: Join,
        end: End,
    }

    impl FailingFlow {
        fn fail(&self, _: &mut Activation<Self, ()>) -> Result<()> {
            Err(Error::msg("it broke"))
        }
    }

    #[derive(Flow)]
    pub struct OtherFlow {
        #[next(work)]
        start: StartHandle,
        #[on_timeout(after = "1d", then = other)]
        #[submit(Self::submit)]
        #[next(end)]
        work: View,
        other: End,
        end: End,
    }

    impl OtherFlow {
        fn submit(&self, a: &mut Activation<Self, ()>) -> Result<()> {
            assert!(a.now().as_millis() > 0, "too early");
            Ok(())
        }
    }
}

#[test]
fn a_join_waits_for_a_branch_that_failed_and_goes_on_when_that_is_canceled() {
    use failing::FailingFlow;
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(FailingFlow::new()).build().unwrap();
        for fails_first in [true, false] {
            let id = engine.run(FailingFlow::start, ()).unwrap().id;
            let fail = || {
                clock.advance(Duration::from_hours(1));
                engine.run_pending().unwrap();
            };
            if fails_first {
                fail();
            }
            do_next(&engine, FailingFlow::work, id, ());
            if !fails_first {
                fail();
            }
            assert_eq!(open_task(&engine, FailingFlow::gather, id).status, TaskStatus::Started);
            let failed = open_task(&engine, FailingFlow::risky, id);
            assert_eq!(failed.status, TaskStatus::Error);
            engine.cancel_task(failed.id, &boss()).unwrap();
            assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
        }
    });
}

#[test]
fn a_timeout_belongs_to_the_node_of_its_own_flow() {
    use failing::{FailingFlow, OtherFlow};
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(FailingFlow::new()).flow(OtherFlow::new()).build().unwrap();
        let failing = engine.run(FailingFlow::start, ()).unwrap().id;
        let other = engine.run(OtherFlow::start, ()).unwrap().id;
        let timeouts = |engine: &Engine, task: viewflow::store::TaskRecord| {
            let timeouts = engine.task_record(task.id).unwrap().timeouts;
            timeouts.into_iter().map(|timeout| timeout.then).collect::<Vec<_>>()
        };
        assert_eq!(timeouts(&engine, open_task(&engine, FailingFlow::work, failing)), ["slow"]);
        assert_eq!(timeouts(&engine, open_task(&engine, OtherFlow::work, other)), ["other"]);
        clock.advance(Duration::from_hours(24));
        engine.run_pending().unwrap();
        assert_eq!(engine.process_record(other).unwrap().status, ProcessStatus::Done);
        assert_eq!(open_tasks(&engine, FailingFlow::work, failing).len(), 1);
    });
}

#[test]
fn a_handler_that_panics_for_somebody_leaves_nothing_behind_and_says_where() {
    use failing::OtherFlow;
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(OtherFlow::new()).build().unwrap();
        let id = engine.run(OtherFlow::start, ()).unwrap().id;
        let task = engine.open_task(OtherFlow::work, id).unwrap().assign(&user("ann")).unwrap();
        let before = (engine.process_record(id).unwrap(), engine.tasks(id, 0, 100).unwrap());
        let error = task.execute(&user("ann"), ()).unwrap_err();
        assert_eq!(error.to_string(), format!("`other.work` of process {id} (task {id}/2): panicked: too early"));
        assert_eq!((engine.process_record(id).unwrap(), engine.tasks(id, 0, 100).unwrap()), before);
        clock.advance(Duration::from_millis(1));
        let task = engine.open_task(OtherFlow::work, id).unwrap().assign(&user("ann")).unwrap();
        task.execute(&user("ann"), ()).unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
    });
}

#[test]
fn a_failed_task_that_is_tried_again_is_prepared_as_if_it_were_new() {
    #[derive(Flow)]
    #[flow(process = Ballot)]
    struct CreateFlow {
        broken: Arc<AtomicBool>,
        #[next(wait)]
        start: StartHandle,
        #[delay("1d")]
        #[next(work)]
        wait: Timer,
        #[on_create(Self::created)]
        #[assign(|_| UserId::new("bob"))]
        #[next(end)]
        work: View,
        end: End,
    }
    impl CreateFlow {
        fn created(&self, a: &mut Activation<Self, ()>) -> Result<()> {
            if self.broken.load(Ordering::SeqCst) {
                return Err(Error::msg("not now"));
            }
            a.process.ayes += 1;
            Ok(())
        }
    }
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let broken = Arc::new(AtomicBool::new(true));
        let engine = builder.flow(CreateFlow::new(Arc::clone(&broken))).build().unwrap();
        let id = engine.run(CreateFlow::start, ()).unwrap().id;
        clock.advance(Duration::from_hours(24));
        engine.run_pending().unwrap();
        let work = open_task(&engine, CreateFlow::work, id);
        assert_eq!((work.status, work.owner), (TaskStatus::Error, None));
        broken.store(false, Ordering::SeqCst);
        engine.retry(work.id, &boss()).unwrap();
        assert_eq!(open_task(&engine, CreateFlow::work, id).owner, Some(user("bob")));
        assert_eq!(engine.process::<CreateFlow>(id).unwrap().ayes, 1);
    });
}

#[derive(Entity, Clone, Debug)]
pub struct Lamp {
    #[id]
    pub id: Id<Lamp>,
    pub on: bool,
}

#[test]
fn what_failed_on_data_that_another_step_changed_meanwhile_has_not_failed() {
    #[derive(Flow)]
    #[flow(process = Ballot)]
    struct LampFlow {
        lamp: Ref<Lamp>,
        meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
        looks: AtomicU32,
        #[next(wait)]
        start: StartHandle,
        #[delay("1d")]
        #[next(look)]
        wait: Timer,
        #[call(Self::look)]
        #[next(work)]
        look: Function,
        #[call(Self::work)]
        #[next(end)]
        work: Function,
        end: End,
    }
    impl LampFlow {
        fn look(&self, a: &mut Activation<Self, ()>) -> Result<()> {
            a.process.broken = !a.load(self.lamp)?.on;
            // The first run shows that `work` fails. During the second run the lamp goes on.
            if self.looks.fetch_add(1, Ordering::SeqCst) == 1
                && let Some(meanwhile) = self.meanwhile.lock().unwrap().take()
            {
                std::thread::spawn(meanwhile).join().unwrap();
            }
            Ok(())
        }
        fn work(&self, a: &mut Activation<Self, ()>) -> Result<()> {
            if a.process.broken { Err(Error::msg("it is dark")) } else { Ok(()) }
        }
    }
    on_every_store(|store| {
        let other = Engine::builder(Arc::clone(&store)).build().unwrap();
        let lamp = other.transaction(|db| db.table().insert(Lamp { id: Id::NEW, on: false })).unwrap();
        let (builder, clock) = manual(store);
        let meanwhile = move || {
            other.transaction(|db| db.table().update(&Lamp { on: true, ..db.load(lamp)? })).unwrap();
        };
        let flow = LampFlow::new(lamp, Mutex::new(Some(Box::new(meanwhile))), AtomicU32::new(0));
        let engine = builder.flow(flow).build().unwrap();
        let id = engine.run(LampFlow::start, ()).unwrap().id;
        clock.advance(Duration::from_hours(24));
        engine.run_pending().unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
    });
}

#[derive(Process, Clone, Debug)]
pub struct Named {
    #[field(column, unique)]
    pub name: Option<String>,
}

#[test]
fn a_process_that_cannot_be_saved_holds_up_nobody_else() {
    #[derive(Flow)]
    #[flow(process = Named)]
    struct NamedFlow {
        #[next(listen)]
        start: StartHandle,
        #[signal("go")]
        #[next(set)]
        listen: SignalCatch,
        #[call(Self::set)]
        #[next(work)]
        set: Function,
        #[next(end)]
        work: View,
        end: End,
    }
    impl NamedFlow {
        fn set(&self, a: &mut Activation<Self, ()>) -> Result<()> {
            a.process.name = Some("the same".to_owned());
            Ok(())
        }
    }
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(NamedFlow::new()).build().unwrap();
        let ids: Vec<_> = (0..3).map(|_| engine.run(NamedFlow::start, ()).unwrap().id).collect();
        engine.signal("go").unwrap();
        engine.run_pending().unwrap();
        let named: Vec<_> = ids.iter().map(|id| open_tasks(&engine, NamedFlow::work, *id).len()).collect();
        assert_eq!(named, [1, 0, 0]);
        for id in &ids[1..] {
            let failed = engine.tasks(*id, 0, 100).unwrap().into_iter().find(|task| task.status == TaskStatus::Error);
            assert!(failed.is_some_and(|task| task.error.unwrap().message.contains("name")));
        }
    });
}

#[derive(Flow)]
#[flow(process = Ballot)]
pub struct RacesFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(fork)]
    start: StartHandle,
    #[branch(race, task_seed_source = |a| 0..a.process.ayes)]
    fork: Split,
    #[branch(a)]
    #[branch(b)]
    race: SplitFirst<Seed<u32>>,
    #[next(gather)]
    a: Handle,
    #[next(gather)]
    b: Handle,
    #[next(end)]
    gather: Join,
    end: End,
}

impl RacesFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, races: u32) -> Result<()> {
        a.process.ayes = races;
        Ok(())
    }
}

#[test]
fn to_win_a_race_costs_the_same_however_many_other_branches_are_open() {
    let cost = |races| {
        let engine = Engine::builder(MemoryStore::new()).flow(RacesFlow::new()).build().unwrap();
        let id = engine.run(RacesFlow::start, races).unwrap().id;
        let tasks = open_tasks(&engine, RacesFlow::a, id);
        let begun = Instant::now();
        for task in &tasks[..50] {
            engine.task(RacesFlow::a, task.id).unwrap().run(()).unwrap();
        }
        let cost = begun.elapsed();
        assert_eq!(u32::try_from(open_tasks(&engine, RacesFlow::b, id).len()).unwrap(), races - 50);
        cost
    };
    // A look at all branches would cost a hundred times as much.
    let (few, many) = (cost(200), cost(20_000));
    assert!(many < few * 10, "{few:?} among 200, {many:?} among 20,000");
}
