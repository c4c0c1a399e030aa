//! Work in a process costs the same however long its past is. The tests count records read, without a clock.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use viewflow::nodes::{Node, ViewNode};
use viewflow::prelude::*;
use viewflow::store::{Durability, TaskRecord};
use viewflow::{Form, ProcessStatus, Store, Task, store};
use viewflow_testing::{CountingStore, Counts, inconsistencies};

use crate::support::{boss, open_task, user};

#[derive(Process, Clone, Debug)]
pub struct Report {
    /// How many rounds the process has behind it before its writer gets the task.
    pub rounds: u32,
    #[field(default = false)]
    pub good: bool,
    /// What handlers asked for after the branches joined.
    pub told: Vec<String>,
}

#[derive(Flow)]
#[flow(name = "flat_note")]
pub struct NoteFlow {
    #[next(end)]
    start: StartHandle,
    end: End,
}

/// A person orders a report and takes it through many rounds. The same person writes it, another person judges it
/// until it is good, and then two look at it at once.
#[derive(Flow)]
#[flow(process = Report, name = "flat_report")]
pub struct ReportFlow {
    #[fields(rounds)]
    #[next(note)]
    start: Start,
    #[child(NoteFlow::start)]
    #[next(order)]
    note: Subprocess,
    #[compensate_with(take_back)]
    #[next(turn)]
    order: View,

    #[cond(|a| a.process.rounds > 0)]
    #[then(spin)]
    #[otherwise(write)]
    turn: If,
    #[call(Self::turned)]
    #[next(turn)]
    spin: Handle,

    #[assign(same_as = order)]
    #[next(judge)]
    write: View,
    #[not_by(order, write)]
    #[fields(good)]
    #[next(check)]
    judge: View,
    #[cond(|a| a.process.good)]
    #[then(fork)]
    #[otherwise(write)]
    check: If,

    #[branch(left)]
    #[branch(right)]
    fork: Split,
    #[next(join)]
    left: View,
    #[next(join)]
    right: View,
    #[until(|a| a.branch(Self::left)?.len() + a.branch(Self::right)?.len() == 2)]
    #[next(ask)]
    join: Join,
    #[call(Self::ask)]
    #[next(last)]
    ask: Function,

    #[next(undo)]
    last: View,
    #[next(end)]
    undo: CompensateThrow,
    #[call(Self::take_back)]
    take_back: Function,
    end: End,
}

impl ReportFlow {
    #[expect(clippy::unused_self, reason = "a handler has it")]
    fn turned(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.rounds -= 1;
        Ok(())
    }

    fn ask(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        let name = |who: Option<UserId>| who.map_or_else(|| "nobody".to_owned(), |who| who.to_string());
        a.process.told = vec![
            name(a.done_by((Self::order, Self::judge))?),
            name(a.done_by(Self::last)?),
            a.children(Self::note)?.len().to_string(),
            a.branch(Self::left)?.len().to_string(),
            a.branch_count(Self::right)?.to_string(),
        ];
        Ok(())
    }

    fn take_back(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.told.push("taken back".to_owned());
        Ok(())
    }
}

/// An engine over a counting store, and a process with many rounds behind it.
struct Long {
    engine: Engine,
    /// An engine over the same store, not counted.
    uncounted: Engine,
    store: Arc<dyn Counting>,
    id: ProcessId,
}

trait Counting: Store {
    fn take_counts(&self) -> Counts;
}

impl<S: Store> Counting for CountingStore<S> {
    fn take_counts(&self) -> Counts {
        self.take()
    }
}

impl Long {
    fn begin<S: Store>(store: S, rounds: u32) -> Self {
        let mut long = Self::over(store, ProcessId(0));
        long.begin_another(rounds);
        long
    }

    fn over<S: Store>(store: S, id: ProcessId) -> Self {
        let store = Arc::new(store);
        let counting = Arc::new(CountingStore::new(Arc::clone(&store)));
        let engine = |store: Arc<dyn Store>| {
            Engine::builder(store).flow(ReportFlow::new()).flow(NoteFlow::new()).build().unwrap()
        };
        let (uncounted, engine) = (engine(store), engine(counting.clone()));
        Self { engine, uncounted, store: counting, id }
    }

    fn begin_another(&mut self, rounds: u32) {
        self.id = self.engine.start(ReportFlow::start, &user("sue"), StartFields { rounds }).unwrap().id;
        self.act(ReportFlow::order, "ann", ());
        (0..rounds).for_each(|_| self.uncounted.open_task(ReportFlow::spin, self.id).unwrap().run(()).unwrap());
        assert_eq!(self.open(ReportFlow::write).owner, Some(user("ann")));
    }

    fn told(&self) -> Vec<String> {
        self.engine.process::<ReportFlow>(self.id).unwrap().told.clone()
    }

    /// The open task of a node, read without counting.
    fn open(&self, node: impl Node) -> TaskRecord {
        open_task(&self.uncounted, node, self.id)
    }

    fn act<T: Task, Fm: Form>(&self, node: ViewNode<ReportFlow, T, Fm>, by: &str, form: Fm) {
        let by = user(by);
        let task = self.engine.open_task(node, self.id).unwrap();
        task.assign(&by).unwrap().execute(&by, form).unwrap();
    }

    /// How many records an operation reads.
    fn count(&self, what: impl FnOnce(&Self)) -> u64 {
        self.store.take_counts();
        what(self);
        self.store.take_counts().read()
    }
}

/// The records that each operation reads for a process with this many rounds, in the order of its life.
fn read<S: Store>(store: S, rounds: u32) -> Vec<(&'static str, u64)> {
    let long = Long::begin(store, rounds);
    let (engine, id) = (long.engine.clone(), long.id);
    let engine = &engine;
    let mut all = Vec::new();
    let mut count = |name, what: &dyn Fn(&Long)| all.push((name, long.count(what)));
    count("open_task", &|_| drop(engine.open_task(ReportFlow::write, id).unwrap()));
    count("marks", &|_| drop(engine.marks(id).unwrap()));
    count("suspend", &|_| engine.suspend(id, &boss()).unwrap());
    count("resume", &|_| engine.resume(id, &boss()).unwrap());
    count("not_by", &|long| long.act(ReportFlow::write, "ann", ()));
    let barred = [user("ann")];
    assert_eq!(long.open(ReportFlow::judge).barred, barred);
    count("same_as", &|long| long.act(ReportFlow::judge, "bob", JudgeFields { good: false }));
    assert_eq!(long.open(ReportFlow::write).owner, Some(user("ann")));
    count("undo", &|long| {
        // The choice came right before it, and the judge before the choice.
        let judge = long.open(ReportFlow::write).id.ordinal - 2;
        engine.undo(TaskId { process: id, ordinal: judge }, &boss()).unwrap();
    });
    assert_eq!(long.open(ReportFlow::judge).barred, barred);
    count("go_back", &|_| engine.go_back(id, ReportFlow::write, &boss()).map(|_| ()).unwrap());
    assert_eq!(long.open(ReportFlow::write).owner, Some(user("ann")));
    long.act(ReportFlow::write, "ann", ());
    count("branches", &|long| long.act(ReportFlow::judge, "bob", JudgeFields { good: true }));
    count("until", &|long| long.act(ReportFlow::left, "lee", ()));
    count("cancel_task", &|long| engine.cancel_task(long.open(ReportFlow::right).id, &boss()).unwrap());
    assert_eq!(long.told(), ["bob", "nobody", "1", "1", "0"]);
    count("go_back to a branch", &|_| engine.go_back(id, ReportFlow::left, &boss()).map(|_| ()).unwrap());
    count("revive", &|long| {
        let left = long.open(ReportFlow::left).id;
        let right = engine.tasks(id, left.ordinal - 6, 6).unwrap();
        let right = right.into_iter().find(|task| task.node == "right").unwrap();
        engine.revive(right.id, &boss()).unwrap();
    });
    long.act(ReportFlow::left, "lee", ());
    count("branch, branch_count, done_by and children", &|long| long.act(ReportFlow::right, "tom", ()));
    assert_eq!(long.told(), ["bob", "nobody", "1", "1", "1"]);
    count("compensation", &|long| long.act(ReportFlow::last, "pat", ()));
    assert_eq!(long.told().last().map(String::as_str), Some("taken back"));
    assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
    assert_eq!(inconsistencies(&*long.store), Vec::<String>::new());

    let mut long = long;
    long.begin_another(rounds);
    all.push(("cancel", long.count(|long| long.engine.cancel(long.id, &boss()).unwrap())));
    all
}

/// The greatest allowed difference. It covers the way to the next summary and the rest of a page.
const APART: u64 = 40;

fn check<S: Store>(open: impl Fn() -> S) {
    for ((name, few), (_, many)) in read(open(), 10).into_iter().zip(read(open(), 1000)) {
        assert!(many <= few + APART, "{name} reads {few} records, and {many} after a hundred times as many rounds");
    }
}

#[test]
fn what_is_done_in_a_process_reads_as_much_however_long_its_past_is() {
    check(MemoryStore::new);
}

#[test]
fn what_is_done_in_a_process_reads_as_much_from_a_directory_however_long_its_past_is() {
    let directories = std::cell::RefCell::new(Vec::new());
    check(|| {
        let directory = TempDir::new().unwrap();
        let relaxed = Durability::Relaxed { at_most: Duration::from_secs(1) };
        let store = SledStore::options().durability(relaxed).open(directory.path()).unwrap();
        directories.borrow_mut().push(directory);
        store
    });
}

/// The store as an earlier release would have left it: without its notes on the past.
fn begun_before(store: &dyn Store) -> MemoryStore {
    let mut lines = Vec::new();
    store::export(store, &mut lines, |_| ()).unwrap();
    let mut before = String::new();
    for line in String::from_utf8(lines).unwrap().lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        without_notes(&mut line);
        before.extend([line.to_string().as_str(), "\n"]);
    }
    let copy = MemoryStore::new();
    store::import(&copy, before.as_bytes(), |_| ()).unwrap();
    copy
}

fn without_notes(value: &mut Value) {
    let Value::Object(fields) = value else { return };
    if fields.contains_key("flow") {
        for note in ["place", "steps", "way", "event", "last_end", "crossed", "nodes"] {
            fields.remove(note);
        }
    }
    fields.values_mut().for_each(without_notes);
}

/// Continues a process to its end, and returns the notes taken on the way.
fn goes_on(long: &Long) -> Vec<String> {
    let (engine, id) = (&long.engine, long.id);
    let mut told = Vec::new();
    let mut tell = |what: &str, of: &Long| {
        let tasks = engine.tasks(id, 0, usize::MAX).unwrap();
        let open = tasks.iter().filter(|task| !task.status.is_final());
        let open: Vec<_> = open.map(|task| format!("{} {:?} {:?}", task.id, task.owner, task.barred)).collect();
        let statuses: Vec<_> = tasks.iter().map(|task| (task.id.ordinal, task.status)).collect();
        told.push(format!("{what}: {open:?}, {:?}, {:?}, {statuses:?}", engine.marks(id).unwrap(), of.told()));
    };
    for _ in 0..8 {
        long.act(ReportFlow::write, "ann", ());
        long.act(ReportFlow::judge, "bob", JudgeFields { good: false });
    }
    long.act(ReportFlow::write, "ann", ());
    tell("written", long);
    engine.suspend(id, &boss()).unwrap();
    engine.resume(id, &boss()).unwrap();
    long.act(ReportFlow::judge, "bob", JudgeFields { good: false });
    tell("judged", long);
    engine.go_back(id, ReportFlow::write, &boss()).unwrap();
    tell("taken back", long);
    long.act(ReportFlow::write, "ann", ());
    long.act(ReportFlow::judge, "bob", JudgeFields { good: true });
    long.act(ReportFlow::right, "tom", ());
    long.act(ReportFlow::left, "lee", ());
    tell("joined", long);
    engine.go_back(id, ReportFlow::left, &boss()).unwrap();
    tell("apart again", long);
    long.act(ReportFlow::left, "lou", ());
    long.act(ReportFlow::last, "pat", ());
    tell("over", long);
    told
}

#[test]
fn a_process_that_an_earlier_release_began_goes_on_as_one_of_today() {
    let long = Long::begin(MemoryStore::new(), 30);
    let old = Long::over(begun_before(&*long.store), long.id);
    let expected = goes_on(&long);
    assert_eq!(goes_on(&old), expected);
    assert_eq!(inconsistencies(&*old.store), Vec::<String>::new());
    // By now the notes exist, so the next query need not walk back.
    let noted = old.uncounted.tasks(old.id, 0, usize::MAX).unwrap();
    assert!(noted.iter().any(|task| task.way.is_some()) && noted.iter().any(|task| task.place == 0));
}

#[derive(Process, Clone, Debug)]
pub struct Tour {
    pub stops: u32,
}

#[derive(Flow)]
#[flow(process = Tour, name = "flat_tour")]
pub struct TourFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(visits)]
    start: StartHandle,
    #[child(StopFlow::start, sequential, process_data_source = |a| (0..a.process.stops).map(|stops| Tour { stops }))]
    #[next(end)]
    visits: NSubprocess,
    end: End,
}

impl TourFlow {
    #[expect(clippy::unused_self, reason = "a handler has it")]
    fn begin(&self, a: &mut Activation<Self, ()>, stops: u32) -> Result<()> {
        a.process.stops = stops;
        Ok(())
    }
}

#[derive(Flow)]
#[flow(process = Tour, name = "flat_stop")]
pub struct StopFlow {
    #[next(stay)]
    start: StartHandle,
    #[next(end)]
    stay: Handle,
    end: End,
}

/// The records that each operation reads for a sequence with this many finished children.
fn read_of_a_sequence(over: u32) -> Vec<(&'static str, u64)> {
    let store = Arc::new(CountingStore::new(MemoryStore::new()));
    let engine = Engine::builder(store.clone()).flow(TourFlow::new()).flow(StopFlow::new()).build().unwrap();
    let id = engine.run(TourFlow::start, over + 3).unwrap().id;
    let stay = |number: u32| engine.open_task(StopFlow::stay, ProcessId(id.0 + 1 + u64::from(number))).unwrap().run(());
    (0..over).for_each(|number| stay(number).unwrap());
    let mut all = Vec::new();
    let mut count = |name, what: &dyn Fn()| {
        store.take();
        what();
        all.push((name, store.take().read()));
    };
    let added = || engine.open_task(TourFlow::visits, id).unwrap().add(None, Tour { stops: 0 }).unwrap();
    count("add", &|| drop(added()));
    count("the end of a child", &|| stay(over).unwrap());
    count("suspend", &|| engine.suspend(id, &boss()).unwrap());
    count("resume", &|| engine.resume(id, &boss()).unwrap());
    count("looking at what was missed", &|| engine.run_pending().map(|_| ()).unwrap());
    // Cancels a child that waits. No other child gets its turn instead.
    let last = ProcessId(id.0 + 3 + u64::from(over));
    count("canceling a child", &|| engine.cancel(last, &boss()).unwrap());
    assert!(engine.open_task(StopFlow::stay, ProcessId(last.0 + 1)).is_err(), "the one before it is not over");
    stay(over + 1).unwrap();
    engine.open_task(StopFlow::stay, ProcessId(last.0 + 1)).unwrap();
    count("cancel", &|| engine.cancel(id, &boss()).unwrap());
    assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    all
}

#[test]
fn what_is_done_to_a_sequence_of_sub_processes_reads_as_much_however_many_are_over() {
    for ((name, few), (_, many)) in read_of_a_sequence(3).into_iter().zip(read_of_a_sequence(300)) {
        assert_eq!(few, many, "{name}");
    }
}
