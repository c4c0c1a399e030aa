//! Work in the background that a store refuses or cannot read fails only the task that caused it.

pub(crate) mod store;
mod unread;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use viewflow::engine::Subscriber;
use viewflow::prelude::*;
use viewflow::store::TaskRecord;
use viewflow::{EventKind, Store, StoreError, Timestamp};
use viewflow_testing::inconsistencies;

use self::store::{REFUSED, Refusing};
use crate::support::{manual, on_every_store, open_task, perform, user};

#[derive(Entity, Clone, Debug)]
#[entity(table = "refused_mail")]
pub struct Mail {
    #[id]
    pub id: Id<Self>,
    #[field(index)]
    pub subject: String,
    #[field(unique)]
    pub number: Option<u32>,
    pub answers: Option<Ref<Self>>,
}

impl Mail {
    fn about(subject: impl Into<String>) -> Self {
        Self { id: Id::NEW, subject: subject.into(), number: None, answers: None }
    }
}

/// A way in which something is refused.
#[derive(Choices, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing is refused.
    Not,
    /// A value too long for its index.
    LongKey,
    /// A row that the store does not take.
    LargeRow,
    /// A process's document that the store does not take.
    LargeDocument,
    /// A task's seed that the store does not take.
    LargeSeed,
    /// A unique value that another row has.
    Taken,
    /// A unique column that another process has: found when the step is complete.
    TakenColumn,
    /// A reference to a missing row.
    Gone,
    /// The deletion of a row that another row refers to.
    Protected,
    /// A row that cannot be read.
    Unreadable,
    /// A failure that does not come from the store.
    Own,
}

const REFUSALS: [Refusal; 10] = [
    Refusal::LongKey,
    Refusal::LargeRow,
    Refusal::LargeDocument,
    Refusal::LargeSeed,
    Refusal::Taken,
    Refusal::TakenColumn,
    Refusal::Gone,
    Refusal::Protected,
    Refusal::Unreadable,
    Refusal::Own,
];

impl Refusal {
    /// A part of the message in the failure's cause.
    fn says(self) -> &'static str {
        match self {
            Self::Not => "",
            Self::LongKey => "takes at most",
            Self::LargeRow | Self::LargeDocument | Self::LargeSeed => "cannot be stored",
            Self::Taken | Self::TakenColumn => "it is unique",
            Self::Gone => "has no row",
            Self::Protected => "cannot be deleted",
            Self::Unreadable => "is damaged",
            Self::Own => "no luck",
        }
    }
}

/// The work in the background by which a process goes on.
#[derive(Choices, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Job,
    Timer,
    Timeout,
    Signal,
    Message,
    Condition,
    Child,
}

const WORKS: [Work; 7] =
    [Work::Job, Work::Timer, Work::Timeout, Work::Signal, Work::Message, Work::Condition, Work::Child];

/// The task of the step that does the refused thing.
#[derive(Choices, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guilty {
    /// The waiting task itself, in its own handler.
    Own,
    First,
    Second,
}

#[derive(Process, Clone, Debug)]
pub struct Case {
    #[field(default = Refusal::Not)]
    pub refusal: Refusal,
    #[field(default = Work::Job)]
    pub work: Work,
    #[field(default = Guilty::First)]
    pub guilty: Guilty,
    #[field(default = 0)]
    pub key: u32,
    #[field(default = "")]
    pub note: String,
    #[field(column, unique)]
    pub place: Option<u32>,
    #[field(default = 0)]
    pub rows: u64,
}

#[derive(Message, Clone, Debug)]
#[message(key = key)]
pub struct Letter {
    pub key: u32,
}

#[derive(Flow)]
#[flow(process = Case)]
pub struct CaseFlow {
    runs: Arc<AtomicU32>,

    #[fields(refusal, work, guilty, key, as = CaseForm)]
    #[next(by)]
    start: Start,

    #[switch(|a| a.process.work)]
    #[case(Work::Job => job)]
    #[case(Work::Timer => timer)]
    #[case(Work::Timeout => person)]
    #[case(Work::Signal => signal)]
    #[case(Work::Message => message)]
    #[case(Work::Condition => condition)]
    #[case(Work::Child => child)]
    by: Switch,

    #[call(Self::run)]
    #[done(Self::ran)]
    #[next(first)]
    job: Job,

    #[delay("1h")]
    #[next(first)]
    timer: Timer,

    #[on_timeout(after = "1h", then = first)]
    #[next(first)]
    person: View,

    #[signal("refused")]
    #[call(Self::rang)]
    #[next(first)]
    signal: SignalCatch,

    #[message(Letter, key = |a| a.process.key)]
    #[call(Self::arrived)]
    #[next(first)]
    message: MessageCatch,

    #[cond(|a| a.table::<Mail>().by(Mail::BY_SUBJECT, "go".to_owned()).count()? > 0)]
    #[next(first)]
    condition: ConditionalCatch,

    #[child(WaitFlow::start)]
    #[next(first)]
    child: Subprocess,

    #[call(Self::first)]
    #[next(second, task_seed = |a| CaseFlow::seed(&a.process))]
    first: Function,

    #[call(Self::second)]
    #[next(between)]
    second: Function<Seed<String>>,

    #[call(Self::innocent)]
    #[next(end)]
    between: Function,

    end: End,
}

#[derive(Flow)]
pub struct WaitFlow {
    #[next(wait)]
    start: StartHandle,
    #[delay("1h")]
    #[next(end)]
    wait: Timer,
    end: End,
}

impl CaseFlow {
    fn run(&self, _: &JobRun<Self>) -> Result<()> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn ran(&self, a: &mut Activation<Self, ()>, (): ()) -> Result<()> {
        Self::act(a, Guilty::Own)
    }

    fn rang(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        Self::act(a, Guilty::Own)
    }

    fn arrived(&self, a: &mut Activation<Self, ()>, _: Letter) -> Result<()> {
        Self::act(a, Guilty::Own)
    }

    fn first(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        Self::act(a, Guilty::First)
    }

    fn second(&self, a: &mut Activation<Self, Seed<String>>) -> Result<()> {
        Self::act(a, Guilty::Second)
    }

    fn innocent(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.table().insert(Mail::about("innocent")).map(drop)
    }

    fn seed(case: &Case) -> String {
        let large = case.refusal == Refusal::LargeSeed;
        if large { REFUSED.to_owned() } else { "seed".to_owned() }
    }

    fn act<T: Task>(a: &mut Activation<Self, T>, by: Guilty) -> Result<()> {
        if a.process.guilty != by {
            return Ok(());
        }
        let row = |number| Id::<Mail>::from_number(number).to_ref();
        match a.process.refusal {
            Refusal::Not | Refusal::LargeSeed => {}
            Refusal::LongKey => a.table().insert(Mail::about("x".repeat(300))).map(drop)?,
            Refusal::LargeRow => a.table().insert(Mail::about(REFUSED)).map(drop)?,
            Refusal::LargeDocument => a.process.note = REFUSED.into(),
            Refusal::Taken => a.table().insert(Mail { number: Some(7), ..Mail::about("taken") }).map(drop)?,
            Refusal::TakenColumn => a.process.place = Some(7),
            Refusal::Gone => {
                let gone = Some(row(4711));
                a.table().insert(Mail { answers: gone, ..Mail::about("gone") })?;
            }
            Refusal::Protected => a.table::<Mail>().delete(row(1))?,
            Refusal::Unreadable => a.load(row(3)).map(drop)?,
            Refusal::Own => return Err(Error::msg("no luck")),
        }
        Ok(())
    }
}

/// Runs a process for each of these cases. All wait for the same kind of work.
fn cases(store: &Arc<dyn Store>, work: Work, all: &[(Refusal, Guilty)]) {
    let refusing = Arc::new(Refusing::new(Arc::clone(store)));
    let (builder, clock) = manual(refusing.clone());
    let runs = Arc::new(AtomicU32::new(0));
    let engine = builder.flow(CaseFlow::new(Arc::clone(&runs))).flow(WaitFlow::new()).build().unwrap();
    engine
        .transaction(|db| {
            let there = db.table().insert(Mail { number: Some(7), ..Mail::about("there") })?;
            db.table().insert(Mail { answers: Some(there), ..Mail::about("answer") })?;
            db.table().insert(Mail::about("unreadable"))
        })
        .unwrap();
    let ann = user("ann");
    let start = |refusal, guilty, key| {
        let form = CaseForm { refusal, work, guilty, key };
        engine.start(CaseFlow::start, &ann, form).unwrap().id
    };
    // The process with the unique column waits for a person.
    let holder = engine.start(
        CaseFlow::start,
        &ann,
        CaseForm { refusal: Refusal::TakenColumn, work: Work::Timeout, guilty: Guilty::First, key: 0 },
    );
    perform(&engine, CaseFlow::person, open_task(&engine, CaseFlow::person, holder.unwrap().id).id, ());
    refusing.cannot_read(Refusing::row("refused_mail", 3));
    let processes: Vec<ProcessId> =
        (1..).zip(all).map(|(key, (refusal, guilty))| start(*refusal, *guilty, key)).collect();
    clock.advance(Duration::from_hours(2));
    match work {
        Work::Signal => assert_eq!(engine.signal("refused").unwrap(), all.len()),
        Work::Message => {
            for (key, _) in (1..).zip(all) {
                engine.send(&Letter { key }).unwrap();
            }
        }
        Work::Condition => {
            engine.transaction(|db| db.table().insert(Mail::about("go"))).unwrap();
        }
        _ => {}
    }
    engine.run_pending().unwrap();
    clock.advance(Duration::from_hours(2));
    engine.run_pending().unwrap();

    for (id, (refusal, guilty)) in processes.iter().zip(all) {
        let tasks = engine.tasks(*id, 0, 100).unwrap();
        let failed: Vec<&TaskRecord> = tasks.iter().filter(|task| task.status == TaskStatus::Error).collect();
        if *refusal == Refusal::Not {
            assert_eq!(engine.process_record(*id).unwrap().status, ProcessStatus::Done, "{failed:?}");
            continue;
        }
        let [failed] = failed[..] else { panic!("{refusal:?} by {guilty:?} of {work:?}: {tasks:?}") };
        assert_eq!(failed.node, node(work, *refusal, *guilty), "{refusal:?} by {guilty:?} of {work:?}: {tasks:?}");
        let error = failed.error.as_ref().unwrap();
        assert!(error.message.contains(refusal.says()), "{refusal:?}: {error:?}");
        let events = engine.events(*id, 0, 1000).unwrap();
        let failures = events.iter().filter(|event| matches!(event.kind, EventKind::TaskFailed { .. }));
        assert_eq!(failures.count(), 1, "it failed once");
    }
    let jobs = if work == Work::Job { all.len() } else { 0 };
    assert_eq!(runs.load(Ordering::SeqCst) as usize, jobs, "a job is run once");
    assert_eq!(inconsistencies(&**store), Vec::<String>::new());
}

/// The node of the task that has to fail.
fn node(work: Work, refusal: Refusal, guilty: Guilty) -> &'static str {
    match (work, refusal, guilty) {
        // The node before makes the seed.
        (_, Refusal::LargeSeed, _) | (.., Guilty::First) => "first",
        (.., Guilty::Second) => "second",
        (Work::Job, ..) => "job",
        (Work::Signal, ..) => "signal",
        (Work::Message, ..) => "message",
        _ => "first",
    }
}

/// Only these kinds of work have a handler of their own.
fn guilty(work: Work, guilty: Guilty) -> Guilty {
    match (work, guilty) {
        (Work::Job | Work::Signal | Work::Message, guilty) => guilty,
        (_, Guilty::Own) => Guilty::First,
        (_, guilty) => guilty,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_refused_in_the_background_fails_the_task_that_caused_it_once_and_nobody_else(
        work in select(&WORKS[..]),
        all in prop::collection::vec((select(&REFUSALS[..]), select(&[Guilty::Own, Guilty::First, Guilty::Second][..]), any::<bool>()), 1..4),
    ) {
        // Each failing case has a successful one beside it.
        let all: Vec<(Refusal, Guilty)> = all
            .into_iter()
            .flat_map(|(refusal, by, before)| {
                let (bad, good) = ((refusal, guilty(work, by)), (Refusal::Not, Guilty::First));
                if before { [good, bad] } else { [bad, good] }
            })
            .collect();
        on_every_store(|store| cases(&store, work, &all));
    }
}

#[test]
fn each_refusal_fails_each_kind_of_work() {
    for work in WORKS {
        for by in [Guilty::Own, Guilty::First, Guilty::Second] {
            let all: Vec<(Refusal, Guilty)> =
                REFUSALS.iter().flat_map(|refusal| [(*refusal, guilty(work, by)), (Refusal::Not, by)]).collect();
            cases(&(Arc::new(MemoryStore::new()) as Arc<dyn Store>), work, &all);
        }
    }
}

// ---------------------------------------------------------------- what a store refuses before anything was done

#[derive(Flow)]
#[flow(process = Case)]
pub struct NightlyFlow {
    refusal: Refusal,
    runs: Arc<AtomicU32>,
    #[every("1d")]
    #[call(Self::collect)]
    #[next(end)]
    start: StartTimer,
    end: End,
}

impl NightlyFlow {
    fn collect(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        // After a refusal, the start runs again without this work.
        let first = a.now() < Timestamp::from_millis(3_600_000);
        self.runs.fetch_add(1, Ordering::SeqCst);
        match (first, self.refusal) {
            (false, _) => Ok(()),
            (_, Refusal::LongKey) => a.table().insert(Mail::about("x".repeat(300))).map(drop),
            (_, Refusal::LargeRow) => a.table().insert(Mail::about(REFUSED)).map(drop),
            _ => {
                a.process.note = REFUSED.into();
                Ok(())
            }
        }
    }
}

#[test]
fn a_start_by_the_clock_that_is_refused_has_failed_and_the_next_day_comes() {
    for refusal in [Refusal::LongKey, Refusal::LargeRow, Refusal::LargeDocument] {
        on_every_store(|store| {
            let runs = Arc::new(AtomicU32::new(0));
            let (builder, clock) = manual(Arc::new(Refusing::new(Arc::clone(&store))));
            let engine = builder.flow(NightlyFlow::new(refusal, Arc::clone(&runs))).build().unwrap();
            engine.run_pending().unwrap();
            clock.advance(Duration::from_hours(24));
            engine.run_pending().unwrap();
            let all = engine.processes::<NightlyFlow>().list().unwrap();
            let all: Vec<ProcessStatus> = all.iter().map(|process| process.status).collect();
            assert_eq!(all, [ProcessStatus::New, ProcessStatus::Done], "the first one is there to be retried");
            assert_eq!(inconsistencies(&*store), Vec::<String>::new());
        });
    }
}

#[derive(Process, Clone, Debug)]
pub struct Paper {
    pub key: String,
}

#[derive(Message, Clone, Debug)]
#[message(key = key)]
pub struct Signed {
    pub key: String,
}

#[derive(Flow)]
#[flow(process = Paper)]
pub struct LaterFlow {
    #[fields(key, as = LaterForm)]
    #[next(sleep)]
    start: Start,
    #[delay("1h")]
    #[next(wait)]
    sleep: Timer,
    #[message(Signed, key = |a| a.process.key.clone())]
    #[next(end)]
    wait: MessageCatch,
    end: End,
}

#[test]
fn a_key_that_the_store_refuses_fails_the_task_that_is_to_wait_for_it() {
    on_every_store(|store| {
        let (builder, clock) = manual(Arc::new(Refusing::new(Arc::clone(&store))));
        let engine = builder.flow(LaterFlow::new()).build().unwrap();
        let start = |key: &str| engine.start(LaterFlow::start, &user("ann"), LaterForm { key: key.into() }).unwrap().id;
        let (refused, other) = (start(store::KEY), start("k"));
        clock.advance(Duration::from_hours(2));
        engine.run_pending().unwrap();
        engine.send(&Signed { key: "k".into() }).unwrap();
        engine.run_pending().unwrap();
        assert_eq!(engine.process_record(other).unwrap().status, ProcessStatus::Done);
        let failed = open_task(&engine, LaterFlow::wait, refused);
        assert_eq!(failed.status, TaskStatus::Error);
        assert!(failed.error.unwrap().message.contains("cannot be stored"));
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn a_job_or_timer_of_a_process_whose_columns_cannot_be_read_fails_once() {
    for work in [Work::Job, Work::Timer] {
        on_every_store(|store| {
            let refusing = Arc::new(Refusing::new(Arc::clone(&store)));
            let (builder, clock) = manual(refusing.clone());
            let engine = builder.flow(CaseFlow::new(Arc::default())).flow(WaitFlow::new()).build().unwrap();
            let form = CaseForm { refusal: Refusal::Not, work, guilty: Guilty::Own, key: 1 };
            let start = || engine.start(CaseFlow::start, &user("ann"), form.clone()).unwrap().id;
            let (unreadable, other) = (start(), start());
            let tables = store.tables(None, 100).unwrap();
            tables.iter().for_each(|table| refusing.cannot_read(Refusing::row(table, unreadable.0)));
            for _ in 0..3 {
                clock.advance(Duration::from_hours(2));
                engine.run_pending().unwrap();
            }
            assert_eq!(engine.process_record(other).unwrap().status, ProcessStatus::Done);
            let tasks = engine.tasks(unreadable, 0, 100).unwrap();
            let failed = tasks.last().unwrap();
            assert_eq!(
                (failed.node.as_str(), failed.status),
                // The timer itself does not read the data.
                (if work == Work::Job { "job" } else { "first" }, TaskStatus::Error)
            );
            assert!(failed.error.as_ref().unwrap().message.contains("is damaged"));
        });
    }
}

#[test]
fn when_the_store_itself_fails_no_task_does() {
    on_every_store(|store| {
        let refusing = Arc::new(Refusing::new(Arc::clone(&store)));
        let (builder, clock) = manual(refusing.clone());
        let engine = builder.flow(LaterFlow::new()).build().unwrap();
        let id = engine.start(LaterFlow::start, &user("ann"), LaterForm { key: "k".into() }).unwrap().id;
        clock.advance(Duration::from_hours(2));
        refusing.is_full(true);
        let error = engine.run_pending().unwrap_err();
        assert!(matches!(error, Error::Store(StoreError::Io(_))), "{error}");
        assert_eq!(open_task(&engine, LaterFlow::sleep, id).status, TaskStatus::Scheduled);
    });
}

#[test]
fn a_subscriber_goes_on_behind_events_that_cannot_be_read_and_tells_of_them() {
    on_every_store(|store| {
        let refusing = Arc::new(Refusing::new(Arc::clone(&store)));
        let (told, unread) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let (heard, reported) = (Arc::clone(&told), Arc::clone(&unread));
        let (builder, clock) = manual(refusing.clone());
        let engine = builder
            .flow(WaitFlow::new())
            .subscriber(Subscriber::from_the_beginning("mailer", move |_, event| {
                heard.lock().unwrap().push((event.process.0, event.number));
                Ok(())
            }))
            .on_error(move |error| reported.lock().unwrap().push(error.to_string()))
            .build()
            .unwrap();
        let first = engine.run(WaitFlow::start, ()).unwrap().id;
        let second = engine.run(WaitFlow::start, ()).unwrap().id;
        refusing.cannot_read(Refusing::event(first, 1));
        refusing.cannot_read(Refusing::event(second, 2));
        for _ in 0..10 {
            clock.advance(Duration::from_hours(1));
            let _ = engine.run_pending();
        }
        let all = store.log(None, 100).unwrap();
        let told = told.lock().unwrap().clone();
        let readable = |event: &(u64, u32)| *event != (first.0, 1) && *event != (second.0, 2);
        let all: Vec<_> = all.iter().map(|event| (event.process.0, event.number)).filter(readable).collect();
        // If the store keeps several events in a record, all of them are lost with the damaged one.
        let mut rest = all.iter();
        assert!(
            told.iter().all(|event| rest.any(|next| next == event)),
            "in order, and each once: {told:?} of {all:?}"
        );
        assert!(told.len() > 4 && told.last() == all.last(), "{told:?} of {all:?}");
        let unread = unread.lock().unwrap();
        assert!(unread.iter().any(|error| error.contains("is damaged")), "{unread:?}");
        assert!(!engine.subscriptions().unwrap()[0].behind);
    });
}
