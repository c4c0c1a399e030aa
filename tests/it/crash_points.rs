//! A story that passes each kind of node, with a crash at every possible place.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use viewflow::engine::{Clock as _, ManualClock};
use viewflow::prelude::*;
use viewflow::store::TaskRecord;
use viewflow::{Document, EventKind, Store, Timestamp, store};
use viewflow_testing::{Crash, CrashingStore, Stage, crash_points, inconsistencies};

use crate::support::user;

#[derive(Entity, Clone, Debug)]
#[entity(table = "crash_authors")]
pub struct Author {
    #[id]
    pub id: Id<Author>,
    #[field(unique)]
    pub name: String,
}

#[derive(Entity, Clone, Debug)]
#[entity(table = "crash_books")]
pub struct Book {
    #[id]
    pub id: Id<Book>,
    #[field(on_delete = cascade)]
    pub author: Ref<Author>,
    #[field(index)]
    pub year: i32,
}

#[derive(Entity, Clone, Debug)]
#[entity(table = "crash_ticks")]
pub struct Tick {
    #[id]
    pub id: Id<Tick>,
}

#[derive(Message, Clone, Debug)]
#[message(name = "story-paid", key = story)]
pub struct StoryPaid {
    pub story: String,
    pub amount: u32,
}

/// Writes a row at times of the clock.
#[derive(Flow)]
#[flow(name = "crash_tick")]
pub struct TickFlow {
    #[every("1d")]
    #[call(Self::tick)]
    #[next(end)]
    beat: StartTimer,
    end: End,
}

impl TickFlow {
    fn tick(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.table().insert(Tick { id: Id::NEW }).map(drop)
    }
}

#[derive(Process, Clone, Debug)]
pub struct Part {
    #[field(default = 0)]
    pub number: u32,
}

/// A sub-process that escalates, fails, or just ends.
#[derive(Flow)]
#[flow(process = Part, name = "crash_part")]
pub struct PartFlow {
    #[next(write)]
    start: StartHandle,
    #[next(read)]
    write: View,
    #[switch(|a| a.process.number)]
    #[case(0 => tell)]
    #[case(1 => refuse)]
    #[default(end)]
    read: Switch,
    #[code("late")]
    #[next(end)]
    tell: EscalationThrow,
    #[code("refused")]
    refuse: ErrorEnd,
    end: End,
}

#[derive(Process, Clone, Debug)]
pub struct Story {
    pub name: String,
    #[field(default = 0)]
    pub paid: u32,
    #[field(default = 0)]
    pub worked: u32,
    #[field(default = 0)]
    pub mended: u32,
    #[field(default = 0)]
    pub reminded: u32,
    #[field(default = 0)]
    pub noted: u32,
    #[field(default = 0)]
    pub undone: u32,
    #[field(column, index)]
    pub rated: Option<u32>,
}

#[derive(Flow)]
#[flow(process = Story, name = "crash_story")]
pub struct StoryFlow {
    #[fields(name)]
    #[next(fork)]
    start: Start,

    #[branch(listen)]
    #[branch(press)]
    #[branch(pay)]
    #[branch(paid)]
    #[branch(ticked)]
    #[branch(race)]
    #[branch(work, task_seed_source = |_a| [1_u32, 2])]
    #[branch(lift)]
    fork: Split,

    #[signal("crash-gong")]
    #[next(gather)]
    listen: SignalCatch,

    #[next(fill)]
    press: View,
    #[call(Self::fill)]
    #[compensate_with(empty)]
    #[next(rate)]
    fill: Function,
    #[call(Self::empty)]
    empty: Function,
    #[call(Self::rate)]
    #[next(post)]
    rate: BusinessRule,
    #[call(Self::nothing)]
    #[next(ring)]
    post: SendHandle,
    #[signal("crash-gong")]
    #[next(gather)]
    ring: SignalThrow,

    #[message(|a| StoryPaid { story: a.process.name.clone(), amount: 7 })]
    #[next(gather)]
    pay: MessageThrow,
    #[message(StoryPaid, key = |a| a.process.name.clone())]
    #[call(Self::paid)]
    #[next(gather)]
    paid: MessageCatch,

    #[cond(|a| a.table::<Tick>().all().count()? > 0)]
    #[next(gather)]
    ticked: ConditionalCatch,

    #[branch(answer)]
    #[branch(nap)]
    race: SplitFirst,
    #[on_timeout(after = "1h", then = remind, interrupting = false)]
    #[on_timeout(after = "3h", then = gather)]
    #[next(gather)]
    answer: View,
    #[call(Self::remind)]
    #[next(gather)]
    remind: Function,
    #[delay("2h")]
    #[next(gather)]
    nap: Timer,

    #[call(Self::work)]
    #[done(Self::worked)]
    #[retry(attempts = 3, backoff = "1s")]
    #[on_error(code = "lost", then = mend)]
    #[next(gather)]
    work: Job<Seed<u32>>,
    #[call(Self::mend)]
    #[next(gather)]
    mend: Function,

    #[next(push)]
    lift: ManualTask,
    #[next(gather)]
    push: Handle,

    #[next(part)]
    gather: Join,

    #[child(PartFlow::start, process_data = |_a| Part { number: 0 })]
    #[on_escalation(code = "late", then = note)]
    #[next(parts)]
    part: Subprocess,
    #[call(Self::note)]
    #[next(noted)]
    note: Function,
    noted: End,

    #[child(PartFlow::start, process_data_source = |_a| [0, 1, 2].map(|number| Part { number }))]
    #[on_error(code = "refused", then = undo)]
    #[next(end)]
    parts: NSubprocess,

    #[next(check)]
    undo: CompensateThrow,
    #[cond(|a| a.process.undone > 0)]
    #[then(last_fork)]
    #[otherwise(end)]
    check: If,
    #[branch(idle)]
    #[branch(last)]
    last_fork: Split,
    #[delay("30d")]
    #[next(too_late)]
    idle: Timer,
    #[on_timeout(after = "1d", then = stop)]
    #[next(too_late)]
    last: View,
    too_late: End,
    stop: Terminate,
    end: End,
}

impl StoryFlow {
    fn fill(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        let author = a.table().insert(Author { id: Id::NEW, name: a.process.name.clone() })?;
        for year in [2024, 2025] {
            a.table().insert(Book { id: Id::NEW, author, year })?;
        }
        Ok(())
    }

    fn empty(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        let name = a.process.name.clone();
        if let Some(author) = a.table().by(Author::BY_NAME, name.as_str()).first()? {
            a.table::<Author>().delete(author.id)?;
        }
        a.process.undone += 1;
        Ok(())
    }

    fn rate(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.rated = Some(5);
        Ok(())
    }

    fn nothing(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Ok(())
    }

    fn paid(&self, a: &mut Activation<Self, ()>, message: StoryPaid) -> Result<()> {
        a.process.paid += message.amount;
        Ok(())
    }

    fn remind(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.reminded += 1;
        Ok(())
    }

    fn work(&self, job: &JobRun<Self, Seed<u32>>) -> Result<u32> {
        match (job.task.seed, job.attempt) {
            (2, _) => Err(Error::coded("lost", "it is not there")),
            (_, 1) => Err(Error::msg("not the first time")),
            (seed, _) => Ok(seed),
        }
    }

    fn worked(&self, a: &mut Activation<Self, Seed<u32>>, value: u32) -> Result<()> {
        a.process.worked += value;
        Ok(())
    }

    fn mend(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.mended += 1;
        Ok(())
    }

    fn note(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.noted += 1;
        Ok(())
    }
}

/// Does the next thing to do. Returns whether there was anything.
fn go_on(engine: &Engine, id: ProcessId) -> Result<bool> {
    let ann = user("ann");
    // Nobody does `answer`, and nobody gets to `last`.
    let wanted = |task: &TaskRecord| task.node != "answer" && task.node != "last";
    if let Some(task) = engine.inbox(&ann).list()?.into_iter().find(wanted) {
        engine.desk(&ann).execute(task.id, &Document::new())?;
    } else if let Some(task) = engine.queue(&user("ann")).list()?.into_iter().find(wanted) {
        engine.assign(task.id, &ann)?;
    } else if let Ok(push) = engine.open_task(StoryFlow::push, id) {
        push.run(())?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// Begins the story or continues it, until it is over.
fn program(store: Arc<dyn Store>) -> Result<()> {
    let clock = Arc::new(ManualClock::default());
    let builder = Engine::builder(store).clock(Arc::clone(&clock));
    let engine = builder.flow(StoryFlow::new()).flow(PartFlow::new()).flow(TickFlow::new()).build()?;
    let id = match engine.processes::<StoryFlow>().page(None, 1)?.items.first() {
        Some(begun) => begun.id,
        None => engine.start(StoryFlow::start, &user("ann"), StartFields { name: "tale".to_owned() })?.id,
    };
    while engine.process_record(id)?.status == ProcessStatus::New {
        engine.run_pending()?;
        if !go_on(&engine, id)? {
            let next = engine.next_due()?.ok_or_else(|| Error::msg("the story has come to a standstill"))?;
            clock.set(next.max(clock.now()));
        }
    }
    engine.run_pending().map(drop)
}

fn check(store: &dyn Store, stage: Stage) {
    let all = store.processes(ProcessId(0), 1000).unwrap();
    let mut found = all.into_iter().filter(|process| process.flow == "crash_story");
    let (first, second) = (found.next(), found.next());
    assert!(second.is_none(), "it began twice");
    let Some(tale) = first else { return assert_eq!(stage, Stage::Crashed) };
    let data = store.process_data(tale.id).unwrap().unwrap().data;
    let counts = |field: &str| data.get(field).and_then(serde_json::Value::as_u64).unwrap_or(0);
    let counts = ["paid", "worked", "mended", "reminded", "noted", "undone"].map(counts);
    let most = [7, 1, 1, 1, 1, 1];
    assert!(counts.iter().zip(most).all(|(count, most)| *count <= most), "{counts:?}");
    let books = store.rows("crash_books", 0, 10).unwrap().len();
    let authors = store.rows("crash_authors", 0, 10).unwrap().len();
    assert_eq!(books, authors * 2, "an author has two books");
    if stage == Stage::Finished {
        assert_eq!((tale.status, counts), (ProcessStatus::Done, most));
        assert_eq!((authors, store.rows(Story::TABLE.unwrap(), 0, 10).unwrap().len()), (0, 1));
    }
}

#[test]
fn a_story_with_every_kind_of_node_gets_through_whatever_write_the_program_crashes_at() {
    let crashes = crash_points(|| Arc::new(MemoryStore::new()), Arc::clone, program, check);
    assert!(crashes > 50, "{crashes}");
    let open = |place: &TempDir| SledStore::open(place.path()).unwrap();
    assert_eq!(crash_points(|| TempDir::new().unwrap(), open, program, check), crashes);
}

/// Is suspended while a message arrives for it, its child is canceled, and its timeout becomes due.
#[derive(Flow)]
#[flow(name = "crash_standing", process = Heard)]
pub struct StandingFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(hear)]
    #[branch(part)]
    fork: Split,
    #[message(Told)]
    #[call(Self::told)]
    #[next(gather)]
    hear: MessageCatch,
    #[child(SlowFlow::start)]
    #[on_error(code = "canceled", then = without)]
    #[on_timeout(after = "1h", then = remind, interrupting = false)]
    #[next(gather)]
    part: Subprocess,
    #[next(gather)]
    without: View,
    #[next(reminded)]
    remind: View,
    reminded: End,
    #[next(end)]
    gather: Join,
    end: End,
}

#[derive(Process, Clone, Debug)]
pub struct Heard {
    #[field(default = 0)]
    pub heard: u32,
}

#[derive(Flow)]
#[flow(name = "crash_slow")]
pub struct SlowFlow {
    #[next(wait)]
    start: StartHandle,
    #[delay("30d")]
    #[next(end)]
    wait: Timer,
    end: End,
}

#[derive(Message, Clone, Debug)]
#[message(latch = keep, expires = "1h")]
pub struct Told {}

impl StandingFlow {
    fn told(&self, a: &mut Activation<Self, ()>, _: Told) -> Result<()> {
        a.process.heard += 1;
        Ok(())
    }
}

/// Begins a process or continues it, suspends and resumes it, and finishes it.
fn standing(store: Arc<dyn Store>) -> Result<()> {
    let clock = Arc::new(ManualClock::default());
    let builder = Engine::builder(Arc::clone(&store)).clock(Arc::clone(&clock));
    let engine = builder.flow(StandingFlow::new()).flow(SlowFlow::new()).build()?;
    let id = match engine.processes::<StandingFlow>().page(None, 1)?.items.first() {
        Some(begun) => begun.id,
        None => engine.run(StandingFlow::start, ())?.id,
    };
    let boss = Superuser::new("boss");
    if !engine.events(id, 0, 1000)?.iter().any(|event| event.kind == EventKind::ProcessSuspended) {
        engine.suspend(id, &boss)?;
    }
    if engine.process_record(id)?.status == ProcessStatus::Suspended {
        if store.rows("viewflow.letter", 0, 1)?.is_empty() {
            engine.send(&Told {})?;
        }
        for child in engine.processes::<SlowFlow>().with_status(ProcessStatus::Suspended).list()? {
            engine.cancel(child.id, &boss)?;
        }
        clock.advance(Duration::from_hours(2));
        engine.run_pending()?;
        engine.resume(id, &boss)?;
    }
    clock.set(Timestamp::from_millis(0).after(Duration::from_hours(2)));
    while engine.process_record(id)?.status == ProcessStatus::New {
        if engine.run_pending()? == 0 && !go_on(&engine, id)? {
            return Err(Error::msg("it has come to a standstill"));
        }
    }
    Ok(())
}

#[test]
fn a_process_that_is_suspended_gets_all_it_missed_whatever_write_the_program_crashes_at() {
    let check = |store: &dyn Store, stage: Stage| {
        let all = store.processes(ProcessId(0), 10).unwrap();
        let found = all.iter().find(|process| process.flow == "crash_standing");
        if stage == Stage::Finished {
            let found = found.unwrap();
            let data = store.process_data(found.id).unwrap().unwrap().data;
            let heard = data.get("heard").and_then(serde_json::Value::as_u64);
            assert_eq!((found.status, heard), (ProcessStatus::Done, Some(1)));
        }
    };
    let crashes = crash_points(|| Arc::new(MemoryStore::new()), Arc::clone, standing, check);
    assert!(crashes > 10, "{crashes}");
}

#[test]
fn the_story_comes_through_every_kind_of_node() {
    let store = Arc::new(MemoryStore::new());
    program(Arc::clone(&store) as Arc<dyn Store>).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for process in store.processes(ProcessId(0), 1000).unwrap() {
        seen.extend(store.tasks(process.id, 0, 1000).unwrap().into_iter().map(|task| task.kind));
    }
    let all = viewflow::graph::Kind::ALL.iter().copied();
    let missing: Vec<_> = all.filter(|kind| !seen.contains(kind) && kind.name() != "StartHandle").collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The version of exports that this release writes.
const VERSION: u32 = 3;
/// How many writes of the story each recorded export contains; the last one contains all.
const RECORDED: [u64; 5] = [4, 10, 16, 22, 1000];

/// `RECORD_EXPORTS=1 cargo test -p viewflow-tests --test it exports` records the exports of this release, once for
/// each version.
#[test]
fn exports_of_every_release_are_imported_and_what_was_open_in_them_goes_on() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let file = |version: u32, writes: u64| directory.join(format!("export-{version}-after-{writes}-writes.jsonl"));
    if std::env::var_os("RECORD_EXPORTS").is_some() {
        for writes in RECORDED {
            let store = Arc::new(MemoryStore::new());
            let crashing = CrashingStore::new(Arc::clone(&store), Crash::After, writes);
            assert_eq!(program(Arc::new(crashing)).is_ok(), writes == 1000);
            let mut lines = Vec::new();
            store::export(&*store, &mut lines, |_| ()).unwrap();
            std::fs::write(file(VERSION, writes), lines).unwrap();
        }
    }
    for version in 2..=VERSION {
        for writes in RECORDED {
            let export = std::fs::read(file(version, writes)).unwrap();
            let place = TempDir::new().unwrap();
            let stores: [Arc<dyn Store>; 2] =
                [Arc::new(MemoryStore::new()), Arc::new(SledStore::open(place.path()).unwrap())];
            for store in stores {
                assert!(store::import(&*store, &export[..], |_| ()).unwrap() > 0);
                assert_eq!(inconsistencies(&*store), [""; 0], "version {version}, after {writes} writes");
                program(Arc::clone(&store)).unwrap();
                check(&*store, Stage::Finished);
                assert_eq!(inconsistencies(&*store), [""; 0], "version {version}, after {writes} writes, at its end");
            }
        }
    }
}
