//! Situations on the way of a token: joins in the same step and in loops, failures in the background, finished
//! races.

use std::time::Duration;

use viewflow::prelude::*;

use crate::support::{boss, do_next, events, manual, on_every_store, open_task, open_tasks, user};

#[derive(Process, Clone, Debug)]
pub struct Draft {
    #[field(default = 0)]
    pub rounds: u32,
    #[field(default = false)]
    pub good: bool,
    #[field(default = false)]
    pub broken: bool,
    pub log: Vec<String>,
}

/// Branches that do not wait, before a join.
#[derive(Flow)]
#[flow(process = Draft)]
pub struct AtOnceFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(left)]
    #[branch(right)]
    fork: Split,
    #[call(Self::left)]
    #[next(gather)]
    left: Function,
    #[call(Self::right)]
    #[next(gather)]
    right: Function,
    #[next(end)]
    gather: Join,
    end: End,
}

impl AtOnceFlow {
    fn left(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.log.push("left".to_owned());
        Ok(())
    }

    fn right(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.log.push("right".to_owned());
        Ok(())
    }
}

#[test]
fn a_process_that_never_waits_is_done_in_the_step_that_starts_it_and_its_branches_come_in_order() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        clock.advance(Duration::from_secs(7));
        let engine = builder.flow(AtOnceFlow::new()).build().unwrap();
        for _ in 0..5 {
            let process = engine.run(AtOnceFlow::start, ()).unwrap();
            assert_eq!((process.status, process.log.join(" ")), (ProcessStatus::Done, "left right".to_owned()));
            assert_eq!(process.finished, Some(process.created));
            let tasks = engine.tasks(process.id, 0, 100).unwrap();
            let way: Vec<_> = tasks.iter().map(|task| (task.id.ordinal, task.node.as_str(), task.previous)).collect();
            let expected = [
                (1, "start", None),
                (2, "fork", Some(1)),
                (3, "left", Some(2)),
                (4, "right", Some(2)),
                (5, "gather", Some(3)),
                (6, "end", Some(5)),
            ];
            assert_eq!(way, expected);
            assert!(tasks.iter().all(|task| task.status == TaskStatus::Done && task.finished == process.finished));
        }
    });
}

/// A task in each of two branches.
#[derive(Flow)]
pub struct PairFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(left)]
    #[branch(right)]
    fork: Split,
    #[next(gather)]
    left: View,
    #[next(gather)]
    right: View,
    #[next(end)]
    gather: Join,
    end: End,
}

#[test]
fn when_every_branch_is_canceled_the_join_does_not_go_on_and_the_process_is_canceled() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(PairFlow::new()).build().unwrap();
        let id = engine.run(PairFlow::start, ()).unwrap().id;
        engine.cancel_task(open_task(&engine, PairFlow::left, id).id, &boss()).unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::New);
        engine.cancel_task(open_task(&engine, PairFlow::right, id).id, &boss()).unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Canceled);
        assert!(engine.tasks(id, 0, 100).unwrap().iter().all(|task| task.node != "end" && task.status.is_final()));
    });
}

/// A split and its join within a loop.
#[derive(Flow)]
#[flow(process = Draft)]
pub struct RoundsFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(write)]
    #[branch(draw)]
    fork: Split,
    #[next(gather)]
    write: View,
    #[next(gather)]
    draw: View,
    #[next(count)]
    gather: Join,
    #[call(Self::count)]
    #[next(judge)]
    count: Function,
    #[fields(good)]
    #[next(is_good)]
    judge: View,
    #[cond(|a| a.process.good)]
    #[then(end)]
    #[otherwise(fork)]
    is_good: If,
    end: End,
}

impl RoundsFlow {
    fn count(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.rounds += 1;
        Ok(())
    }
}

#[test]
fn a_split_in_a_loop_is_joined_once_in_each_round() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(RoundsFlow::new()).build().unwrap();
        let id = engine.run(RoundsFlow::start, ()).unwrap().id;
        for round in 1..=40 {
            do_next(&engine, RoundsFlow::draw, id, ());
            assert!(open_tasks(&engine, RoundsFlow::judge, id).is_empty());
            do_next(&engine, RoundsFlow::write, id, ());
            assert_eq!(engine.process::<RoundsFlow>(id).unwrap().rounds, round);
            do_next(&engine, RoundsFlow::judge, id, JudgeFields { good: round == 40 });
        }
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
        assert_eq!(engine.tasks_of(RoundsFlow::gather, TaskStatus::Done).list().unwrap().len(), 40);
    });
}

#[derive(Entity, Clone, Debug)]
pub struct Note {
    #[id]
    pub id: Id<Note>,
    pub text: String,
}

/// A function after a timer, which writes and then fails. No person runs it.
#[derive(Flow)]
#[flow(process = Draft)]
pub struct FailFlow {
    #[next(before)]
    start: StartHandle,
    #[delay("1d")]
    #[next(note)]
    before: Timer,
    #[call(Self::note)]
    #[next(work)]
    note: Function,
    #[call(Self::work)]
    #[next(end)]
    work: Function,
    end: End,
}

impl FailFlow {
    fn note(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.log.push("noted".to_owned());
        a.table().insert(Note { id: Id::NEW, text: "kept".to_owned() }).map(drop)
    }

    fn work(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.log.push("half done".to_owned());
        a.table().insert(Note { id: Id::NEW, text: "half done".to_owned() })?;
        Err(Error::msg("the power went"))
    }
}

#[test]
fn what_fails_in_the_background_leaves_nothing_of_its_own_and_all_that_came_before_it() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(FailFlow::new()).build().unwrap();
        let id = engine.run(FailFlow::start, ()).unwrap().id;
        clock.advance(Duration::from_hours(24));
        engine.run_pending().unwrap();
        let failed = open_task(&engine, FailFlow::work_node, id);
        assert_eq!(failed.status, TaskStatus::Error);
        assert!(failed.error.unwrap().message.contains("the power went"));
        let process = engine.process::<FailFlow>(id).unwrap();
        assert_eq!((process.status, process.log.join(" ")), (ProcessStatus::New, "noted".to_owned()));
        let notes = engine.transaction(|db| db.table::<Note>().all().list()).unwrap();
        assert_eq!(notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(), ["kept"]);
        assert_eq!(engine.tasks_of(FailFlow::end, TaskStatus::Done).list().unwrap().len(), 0);
    });
}

/// A join with an `until` that may fail, reached by a person and by a timer.
#[derive(Flow)]
#[flow(process = Draft)]
pub struct UntilFlow {
    #[input(bool)]
    #[call(Self::begin)]
    #[next(fork)]
    start: StartHandle,
    #[branch(work)]
    #[branch(sleep)]
    #[branch(other)]
    fork: Split,
    #[fields(broken)]
    #[next(gather)]
    work: View,
    #[delay("1d")]
    #[next(gather)]
    sleep: Timer,
    #[next(gather)]
    other: View,
    #[until(|a| if a.process.broken { Err(Error::msg("nobody counts"))? } else { a.arrived()? >= 2 })]
    #[next(end)]
    gather: Join,
    end: End,
}

impl UntilFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, broken: bool) -> Result<()> {
        a.process.broken = broken;
        Ok(())
    }
}

#[test]
fn a_join_that_cannot_be_asked_fails_the_step_of_a_person_and_itself_in_the_background() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(UntilFlow::new()).build().unwrap();
        let id = engine.run(UntilFlow::start, true).unwrap().id;
        let ann = user("ann");
        let work = engine.open_task(UntilFlow::work, id).unwrap().assign(&ann).unwrap();
        let before = (engine.process_record(id).unwrap(), events(&engine, id));
        let error = work.execute(&ann, WorkFields { broken: true }).unwrap_err();
        assert!(error.to_string().contains("`until.gather`") && error.to_string().contains("nobody counts"), "{error}");
        assert_eq!((engine.process_record(id).unwrap(), events(&engine, id)), before, "nothing of it is left");

        clock.advance(Duration::from_hours(24));
        engine.run_pending().unwrap();
        assert_eq!(engine.tasks_of(UntilFlow::sleep, TaskStatus::Done).list().unwrap().len(), 1);
        let gather = open_task(&engine, UntilFlow::gather, id);
        assert_eq!(gather.status, TaskStatus::Error);
        assert!(engine.retry(gather.id, &boss()).unwrap_err().to_string().contains("nobody counts"));
        do_next(&engine, UntilFlow::work, id, WorkFields { broken: false });
        engine.retry(gather.id, &boss()).unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done, "two of three are enough");
        assert_eq!(engine.tasks_of(UntilFlow::other, TaskStatus::Canceled).list().unwrap().len(), 1);
        assert_eq!(engine.tasks_of(UntilFlow::end, TaskStatus::Done).list().unwrap().len(), 1);
    });
}

/// The first one wins, and the winner then has much to do.
#[derive(Flow)]
pub struct RaceFlow {
    #[next(race)]
    start: StartHandle,
    #[branch(quick)]
    #[branch(slow)]
    race: SplitFirst,
    #[next(check)]
    quick: View,
    #[next(end)]
    check: View,
    #[next(end)]
    slow: View,
    end: End,
}

#[test]
fn who_has_lost_a_race_is_not_revived_while_the_winner_is_on_his_way() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(RaceFlow::new()).build().unwrap();
        let id = engine.run(RaceFlow::start, ()).unwrap().id;
        let slow = open_task(&engine, RaceFlow::slow, id).id;
        do_next(&engine, RaceFlow::quick, id, ());
        assert_eq!(engine.task_record(slow).unwrap().status, TaskStatus::Canceled);
        let before = engine.tasks(id, 0, 100).unwrap();
        let error = engine.revive(slow, &boss()).unwrap_err();
        assert!(matches!(error, Error::WrongStatus { status: TaskStatus::Canceled, .. }), "{error}");
        assert_eq!(engine.tasks(id, 0, 100).unwrap(), before);
        do_next(&engine, RaceFlow::check, id, ());
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
    });
}

/// A job at work, and beside it a person whose answer is enough.
#[derive(Flow)]
#[flow(process = Draft)]
pub struct EnoughFlow {
    during: Box<dyn Fn() + Send + Sync>,
    #[next(fork)]
    start: StartHandle,
    #[branch(search)]
    #[branch(answer)]
    fork: Split,
    #[call(Self::search)]
    #[done(Self::found)]
    #[next(gather)]
    search: Job,
    #[next(gather)]
    answer: Handle,
    #[until(|a| a.arrived()? >= 1)]
    #[next(last)]
    gather: Join,
    #[next(end)]
    last: View,
    end: End,
}

impl EnoughFlow {
    fn search(&self, _: &JobRun<Self>) -> Result<()> {
        (self.during)();
        Ok(())
    }

    fn found(&self, a: &mut Activation<Self, ()>, (): ()) -> Result<()> {
        a.process.log.push("found".to_owned());
        Ok(())
    }
}

#[test]
fn a_job_at_work_is_canceled_when_its_join_has_enough_and_what_it_brings_is_not_taken() {
    on_every_store(|store| {
        let other = std::sync::Arc::new(std::sync::OnceLock::<Engine>::new());
        let inside = std::sync::Arc::clone(&other);
        let during = move || {
            let engine = inside.get().unwrap();
            engine.open_task(EnoughFlow::answer, ProcessId(1)).unwrap().run(()).unwrap();
        };
        let engine = Engine::builder(store).flow(EnoughFlow::new(Box::new(during))).build().unwrap();
        other.set(engine.clone()).unwrap();
        let id = engine.run(EnoughFlow::start, ()).unwrap().id;
        engine.run_pending().unwrap();
        assert_eq!(engine.tasks_of(EnoughFlow::search_node, TaskStatus::Canceled).list().unwrap().len(), 1);
        do_next(&engine, EnoughFlow::last, id, ());
        let process = engine.process::<EnoughFlow>(id).unwrap();
        assert_eq!((process.status, process.log.len()), (ProcessStatus::Done, 0));
    });
}
