//! Reading a list costs the same however many entries were there before. The tests count work, without a clock.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use viewflow_sled::{Durability, SledStore};
use viewflow_store::{
    Change, Commit, Event, EventKind, Expect, HistoryCursor, IndexEntry, Key, Kind, LogCursor, NodeName, OnDelete,
    ProcessId, ProcessList, ProcessRecord, ProcessStatus, Reference, RowRecord, Store, StoreError, TaskId, TaskList,
    TaskRecord, TaskStatus, Timestamp, UserId, index_key, task_lists,
};

/// How many entries stay in each list.
const LEFT: u64 = 50;
/// How many entries are removed from each list at once.
const BATCH: usize = 100;
/// The process whose task has all other processes as its sub-processes.
const PARENT: TaskId = TaskId { process: ProcessId(1), ordinal: 1 };

fn open(directory: &TempDir) -> SledStore {
    let relaxed = Durability::Relaxed { at_most: Duration::from_hours(1) };
    // Nothing goes into the tree while the store is open.
    SledStore::options().durability(relaxed).journal(usize::MAX).open(directory.path()).unwrap()
}

fn commit(store: &SledStore, changes: Vec<Change>, events: Vec<Event>) {
    drop(store.commit(Commit { changes, events, ..Commit::default() }).unwrap());
}

fn at(number: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(number).unwrap())
}

fn ann() -> UserId {
    UserId::new("ann")
}

fn process(number: u64) -> ProcessRecord {
    ProcessRecord { parent: Some(PARENT), events: 1, tasks: 1, ..ProcessRecord::new(ProcessId(number), "flow", at(0)) }
}

fn task(number: u64) -> TaskRecord {
    let id = TaskId { process: ProcessId(number), ordinal: 1 };
    let task = TaskRecord::new(id, "flow", "node", Kind::View, at(number));
    TaskRecord { status: TaskStatus::Assigned, owner: Some(ann()), due: Some(at(number)), ..task }
}

fn row() -> RowRecord {
    let index = vec![IndexEntry { field: "field".into(), value: "x".into(), unique: false }];
    let to = Reference { table: "user".into(), id: 1, field: "of".into(), on_delete: OnDelete::Cascade };
    RowRecord { index, references: vec![to], ..RowRecord::default() }
}

/// An entry in each list.
fn come(number: u64) -> (Vec<Change>, Event) {
    let row = Change::Row { table: "post".into(), id: number, old: None, new: Some(row()) };
    let changes = vec![Change::process(None, process(number)), Change::task(None, task(number)), row];
    let event = Event::new(ProcessId(number), 1, at(number), EventKind::ProcessStarted);
    (changes, Event { actor: Some(ann()), ..event })
}

/// Removes that entry from each list.
fn go(number: u64) -> Vec<Change> {
    vec![
        Change::ForgetEvents { process: ProcessId(number), through: 1 },
        Change::ForgetTasks { old: vec![task(number)] },
        Change::ForgetProcess { old: Box::new(process(number)) },
        Change::Row { table: "post".into(), id: number, old: Some(row()), new: None },
    ]
}

/// A store with numbered entries in all of its lists.
struct Tried {
    directory: TempDir,
    store: Option<SledStore>,
    /// The places of the events in the log, from the first one on.
    places: Vec<LogCursor>,
    there: BTreeSet<u64>,
    /// How many keys each kind of look visited the last time, and how many all looks visited together.
    last: BTreeMap<String, u64>,
    together: u64,
}

/// A look at a list: reads a page after an entry, or from the beginning, and returns the numbers it finds.
type Look = (&'static str, fn(&Tried, Option<u64>, usize) -> Vec<u64>);

const LOOKS: [Look; 11] = [
    ("inbox", |tried, after, limit| tried.tasks(&TaskList::Inbox(ann(), None), after, limit)),
    ("tasks by status", |tried, after, limit| {
        let node = NodeName { flow: "flow".into(), node: "node".into() };
        tried.tasks(&TaskList::Status(node, TaskStatus::Assigned), after, limit)
    }),
    ("due", |tried, after, limit| tried.tasks(&TaskList::Due, after, limit)),
    ("processes by status", |tried, after, limit| {
        let list = ProcessList::Status("flow".into(), ProcessStatus::New);
        numbers(tried.store().list_processes(&list, after.map(ProcessId), limit).unwrap())
    }),
    ("children", |tried, after, limit| {
        numbers(tried.store().list_processes(&ProcessList::Children(PARENT), after.map(ProcessId), limit).unwrap())
    }),
    ("processes", |tried, after, limit| {
        let found = tried.store().processes(ProcessId(after.unwrap_or(0)), limit).unwrap();
        numbers(found.into_iter().map(|process| process.id))
    }),
    ("row_ids", |tried, after, limit| tried.store().row_ids("post", after.unwrap_or(0), limit).unwrap()),
    ("rows_by", |tried, after, limit| {
        let value = index_key(&"x".into()).unwrap();
        tried.store().rows_by("post", "field", &value, after.unwrap_or(0), limit).unwrap()
    }),
    ("references", |tried, after, limit| {
        // This list has no cursor.
        let found = tried.store().references("user", 1, if after.is_some() { 0 } else { limit }).unwrap();
        found.into_iter().map(|reference| reference.id).collect()
    }),
    ("log", |tried, after, limit| {
        let after = after.map(|number| tried.places[usize::try_from(number).unwrap() - 1]);
        numbers(tried.store().log(after, limit).unwrap().into_iter().map(|logged| logged.process))
    }),
    ("history", |tried, after, limit| {
        // The history begins with the newest event.
        let before = after.map(|number| HistoryCursor { at: at(number), process: ProcessId(number), number: 1 });
        numbers(tried.store().history(Some(&ann()), before, limit).unwrap().into_iter().map(|logged| logged.process))
    }),
];

fn numbers(of: impl IntoIterator<Item = ProcessId>) -> Vec<u64> {
    of.into_iter().map(|id| id.0).collect()
}

impl Tried {
    /// A store with this many entries in its tree.
    fn new(entries: u64) -> Self {
        let directory = TempDir::new().unwrap();
        let store = open(&directory);
        let there: BTreeSet<u64> = (1..=entries).collect();
        for some in there.iter().copied().collect::<Vec<_>>().chunks(BATCH) {
            let (changes, events): (Vec<_>, Vec<_>) = some.iter().map(|number| come(*number)).unzip();
            commit(&store, changes.concat(), events);
        }
        let places = store.log(None, usize::MAX).unwrap().into_iter().map(|logged| logged.cursor).collect();
        drop(store);
        let store = Some(open(&directory));
        Self { directory, store, places, there, last: BTreeMap::new(), together: 0 }
    }

    fn store(&self) -> &SledStore {
        self.store.as_ref().unwrap()
    }

    fn tasks(&self, list: &TaskList, after: Option<u64>, limit: usize) -> Vec<u64> {
        let place = |number| {
            let lists = task_lists(&task(number));
            lists.into_iter().find(|(of, _)| of == list).unwrap().1
        };
        numbers(self.store().list_tasks(list, after.map(place), limit).unwrap().into_iter().map(|at| at.task.process))
    }

    /// Looks at all lists, at their beginnings and in the middle.
    fn look(&mut self) {
        for (after, limit) in [(None, 1), (None, 10), (Some(LEFT / 2), 10), (Some(LEFT - 5), 10)] {
            for (name, look) in LOOKS {
                let before = self.store().counts().walked;
                let found = look(self, after, limit);
                let walked = self.store().counts().walked - before;
                let is_behind = |number: &u64| match name {
                    "history" => after.is_none_or(|after| *number < after),
                    "references" => after.is_none(),
                    _ => after.is_none_or(|after| *number > after),
                };
                let mut expected: Vec<u64> = self.there.iter().copied().filter(is_behind).collect();
                if name == "history" {
                    expected.reverse();
                }
                expected.truncate(limit);
                assert_eq!(found, expected, "{name} after {after:?}");
                self.last.insert(format!("{name}, {limit} after {after:?}"), walked);
                self.together += walked;
            }
        }
    }

    /// Removes these numbers from all lists, some at a time, and looks at all lists in between.
    fn go(&mut self, numbers: Range<u64>) {
        for some in numbers.collect::<Vec<_>>().chunks(BATCH) {
            commit(self.store(), some.iter().flat_map(|number| go(*number)).collect(), Vec::new());
            some.iter().for_each(|number| assert!(self.there.remove(number)));
            self.look();
        }
    }

    fn reopen(&mut self) {
        drop(self.store.take());
        self.store = Some(open(&self.directory));
    }
}

/// Where entries are removed from a list in which [`LEFT`] entries stay.
fn places(gone: u64) -> [(&'static str, Range<u64>); 3] {
    [
        ("the beginning", 1..gone + 1),
        ("the middle", LEFT / 2 + 1..LEFT / 2 + 1 + gone),
        ("the end", LEFT + 1..LEFT + 1 + gone),
    ]
}

/// How far the counts of two looks with equal results may differ: pieces of lists begin at different places.
const OTHER: u64 = 20;

fn is_flat(small: &Tried, large: &Tried, place: &str) {
    for (look, walked) in &large.last {
        assert!(*walked <= small.last[look] + OTHER, "gone from {place}: {look}: {walked}, and {}", small.last[look]);
    }
}

#[test]
fn a_look_at_a_list_walks_over_what_has_gone_from_it_no_more_than_once() {
    const FEW: u64 = 100;
    const MANY: u64 = 10_000;
    for ((place, few), (_, many)) in places(FEW).into_iter().zip(places(MANY)) {
        let [mut small, mut large] = [(FEW, few), (MANY, many)].map(|(gone, numbers)| {
            let mut tried = Tried::new(gone + LEFT);
            tried.go(numbers);
            // The first look walks over the entries that were removed since the last one.
            tried.look();
            tried
        });
        is_flat(&small, &large, place);
        let times = (MANY / FEW) * 3 / 2;
        assert!(large.together < small.together * times, "{place}: {} and {}", large.together, small.together);
        for tried in [&mut small, &mut large] {
            tried.reopen();
            tried.look();
        }
        is_flat(&small, &large, place);
    }
}

/// Forgets a process in parts, and returns how much is read for that. Each of its events is a run of its own.
fn forgotten(events: u32) -> u64 {
    const PART: usize = 500;
    let directory = TempDir::new().unwrap();
    let id = ProcessId(1);
    let store = open(&directory);
    let event = |number: u32| {
        let actor = Some(UserId::new(if number.is_multiple_of(2) { "ann" } else { "bob" }));
        Event { actor, ..Event::new(id, number, at(number.into()), EventKind::ProcessStarted) }
    };
    for some in (1..=events).collect::<Vec<_>>().chunks(PART) {
        commit(&store, vec![], some.iter().map(|number| event(*number)).collect());
    }
    drop(store);
    let store = open(&directory);
    let before = store.counts();
    loop {
        let part = store.events(id, 0, PART).unwrap();
        let Some(last) = part.last() else { break };
        commit(&store, vec![Change::ForgetEvents { process: id, through: last.number }], vec![]);
    }
    assert!(store.log(None, 1).unwrap().is_empty() && store.history(None, None, 1).unwrap().is_empty());
    let after = store.counts();
    after.walked - before.walked + after.values - before.values
}

#[test]
fn what_is_read_to_forget_a_process_is_in_proportion_to_its_events() {
    let [small, large] = [300, 30_000].map(forgotten);
    assert!(large < small * 120, "{large} and {small}");
}

/// How many values the store reads from the tree for a row: none as long as the row is in memory.
fn looked_up(store: &SledStore) -> u64 {
    let before = store.counts().values;
    assert!(store.row("post", 1).unwrap().is_some());
    store.counts().values - before
}

#[test]
fn what_was_committed_goes_into_the_tree_when_the_store_has_rested_and_that_once() {
    for durability in [Durability::Full, Durability::Relaxed { at_most: Duration::from_hours(1) }] {
        let directory = TempDir::new().unwrap();
        let store = SledStore::options().durability(durability).open(directory.path()).unwrap();
        let row = Change::Row { table: "post".into(), id: 1, old: None, new: Some(row()) };
        let begun = Instant::now();
        commit(&store, vec![row], vec![]);
        while looked_up(&store) == 0 {
            assert!(begun.elapsed() < Duration::from_mins(1), "it stays in memory");
            thread::sleep(Duration::from_millis(20));
        }
        assert!(begun.elapsed() > Duration::from_millis(900), "more may be committed soon");
        let written = || {
            ["db", "durable", "journal.0", "journal.1"].map(|name| {
                let file = fs::metadata(directory.path().join(name)).unwrap();
                (file.modified().unwrap(), file.len())
            })
        };
        let before = written();
        thread::sleep(Duration::from_millis(2500));
        assert_eq!(written(), before, "a store that rests writes nothing");
    }
}

#[test]
fn a_journal_of_any_length_stays_one_while_the_store_rests() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    commit(&store, vec![Change::Row { table: "post".into(), id: 1, old: None, new: Some(row()) }], vec![]);
    thread::sleep(Duration::from_millis(2500));
    assert_eq!(looked_up(&store), 0);
}

#[test]
fn nobody_waits_for_the_tree_while_a_commit_is_taken() {
    let directory = TempDir::new().unwrap();
    let named = |name: &str, long: bool| {
        let index = vec![IndexEntry { field: "name".into(), value: name.into(), unique: true }];
        let data = serde_json::json!({"text": "long ".repeat(if long { 2000 } else { 1 })});
        RowRecord { index, data: data.as_object().cloned().unwrap(), ..RowRecord::default() }
    };
    let put = |id, old: Option<RowRecord>, new: Option<RowRecord>| Change::Row { table: "user".into(), id, old, new };
    let task = |text: &str| {
        let mut task = task(1);
        task.unknown.insert("text".into(), text.into());
        task
    };
    let long = "long ".repeat(2000);
    let store = open(&directory);
    let (ann, bob) = (named("ann", true), named("bob", false));
    let users = [put(1, None, Some(ann.clone())), put(2, None, Some(bob.clone()))];
    let posts = (1..100).flat_map(|number| come(number).0);
    commit(&store, users.into_iter().chain(posts).collect(), (1..100).map(|number| come(number).1).collect());
    commit(&store, vec![Change::task(Some(self::task(1)), task(&long))], vec![]);
    drop(store);

    let store = open(&directory);
    let waited = |what: &str| assert_eq!(store.counts().waited, 0, "{what}");
    let row_of = |id| store.row("user", id).unwrap().unwrap();
    let expect = vec![
        Expect::Revision(Key::Row("user".into(), 2), Some(row_of(2).revision)),
        Expect::Revision(Key::Row("user".into(), 9), None),
        Expect::Revision(Key::Process(ProcessId(1)), Some(store.process(ProcessId(1)).unwrap().unwrap().revision)),
    ];
    let clashes = vec![put(3, None, Some(named("ann", false)))];
    let refused = store.commit(Commit { expect: expect.clone(), changes: clashes, ..Commit::default() });
    assert!(matches!(refused, Err(StoreError::Conflict)));
    waited("a unique value that another row has");
    let deleted = store.commit(Commit { changes: vec![put(1, Some(ann.clone()), None)], ..Commit::default() });
    assert!(matches!(deleted, Err(StoreError::Conflict)));
    waited("a row that is referred to");
    let changes = vec![put(2, Some(bob), Some(named("eve", true))), put(3, None, Some(named("bob", false)))];
    drop(store.commit(Commit { expect, changes, ..Commit::default() }).unwrap());
    waited("rows");
    commit(&store, vec![Change::task(Some(task(&long)), self::task(1))], vec![]);
    waited("a record that comes into its bundle again");
    let posts = (1..100).map(|id| Change::Row { table: "post".into(), id, old: Some(row()), new: None });
    commit(&store, [put(1, Some(ann), None)].into_iter().chain(posts).collect(), vec![]);
    waited("a row with all that refer to it");
    let forgotten = (1..100).map(|number| Change::ForgetEvents { process: ProcessId(number), through: 1 });
    commit(&store, forgotten.collect(), vec![]);
    waited("events that are forgotten");
    assert!(store.log(None, 1).unwrap().is_empty() && store.row_ids("post", 0, 1).unwrap().is_empty());
    assert_eq!(store.verify().unwrap().faults, [] as [String; 0]);
}
