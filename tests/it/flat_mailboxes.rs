//! The cost of mailboxes depends neither on how many there are nor on how many messages they keep. Kept messages
//! are forgotten in time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use viewflow::Store;
use viewflow::engine::ManualClock;
use viewflow::prelude::*;
use viewflow::serde_json::Value;
use viewflow::store::{Change, Commit, RowRecord};
use viewflow_testing::{CountingStore, Counts, inconsistencies};

use crate::support::{boss, manual, on_every_store};

const HOUR: Duration = Duration::from_hours(1);

#[derive(Message, Clone, Debug)]
#[message(key = key, expires = "1h")]
pub struct Parcel {
    pub key: u32,
}

#[derive(Process, Clone, Debug)]
pub struct Door {
    #[field(default = 0)]
    pub key: u32,
}

#[derive(Flow)]
#[flow(process = Door)]
pub struct DoorFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(wait)]
    start: StartHandle,
    #[message(Parcel, key = |a| a.process.key)]
    #[next(end)]
    wait: MessageCatch,
    end: End,
}

impl DoorFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, key: u32) -> Result<()> {
        a.process.key = key;
        Ok(())
    }
}

fn parcel(key: u32) -> Parcel {
    Parcel { key }
}

fn wait(engine: &Engine, key: u32) -> ProcessId {
    engine.run(DoorFlow::start, key).unwrap().id
}

fn count(store: &dyn Store, table: &str) -> usize {
    store.row_ids(table, 0, usize::MAX).unwrap().len()
}

/// How often the store is called, how many records it returns, and how many are written, relied on and committed.
/// Their length is left out, because greater numbers have more digits.
fn what(counts: &Counts) -> [u64; 5] {
    [counts.calls(), counts.read(), counts.writes(), counts.relied(), counts.commits()]
}

/// Four counts: an idle pass, a message that is taken at once, one that is kept, and one that is kept and then taken.
fn costs(store: Arc<dyn Store>, others: u32) -> [Counts; 4] {
    let counting = Arc::new(CountingStore::new(store));
    let (builder, _clock) = manual(Arc::clone(&counting) as _);
    let engine = builder.flow(DoorFlow::new()).build().unwrap();
    for key in 0..others {
        wait(&engine, key);
        engine.send(&parcel(1_000_000)).unwrap();
        engine.send(&parcel(2_000_000 + key)).unwrap();
    }
    engine.run_pending().unwrap();
    counting.take();
    engine.run_pending().unwrap();
    let idle = counting.take();
    wait(&engine, 3_000_000);
    engine.send(&parcel(3_000_000)).unwrap();
    engine.run_pending().unwrap();
    let taken = counting.take();
    engine.send(&parcel(1_000_000)).unwrap();
    let kept = counting.take();
    engine.send(&parcel(4_000_000)).unwrap();
    wait(&engine, 4_000_000);
    engine.run_pending().unwrap();
    [idle, taken, kept, counting.take()]
}

#[test]
fn what_a_message_costs_does_not_depend_on_how_many_wait_and_how_many_are_kept() {
    let of = |others| {
        let all = std::sync::Mutex::new(Vec::new());
        on_every_store(|store| all.lock().unwrap().push(costs(store, others)));
        all.into_inner().unwrap()
    };
    let few = of(5);
    let whats = |of: &[[Counts; 4]]| of.iter().map(|counts| counts.each_ref().map(what)).collect::<Vec<_>>();
    assert_eq!(whats(&few), whats(&of(500)));
    // An idle pass checks whether something is ready, due or thrown.
    for [idle, ..] in few {
        assert!(idle.read() <= 2, "{idle:?}");
        assert_eq!(idle.asked("commit"), 0);
        assert_eq!(idle.written("row"), 0);
    }
}

#[test]
fn what_is_kept_too_long_is_forgotten_and_what_is_taken_leaves_nothing() {
    on_every_store(|store| {
        let (builder, clock) = manual(Arc::clone(&store));
        let engine = builder.flow(DoorFlow::new()).build().unwrap();
        // A message that is kept, and then taken.
        engine.send(&parcel(1)).unwrap();
        assert_eq!(count(&*store, "viewflow.expiry"), 1);
        wait(&engine, 1);
        engine.run_pending().unwrap();
        assert_eq!((count(&*store, "viewflow.expiry"), count(&*store, "viewflow.letter")), (0, 0));
        // Many messages in one mailbox, and one message in each of many mailboxes. Processes wait for some of them.
        let waits = wait(&engine, 2);
        for key in 0..300 {
            engine.send(&parcel(0)).unwrap();
            engine.send(&parcel(key)).unwrap();
        }
        assert_eq!(count(&*store, "viewflow.expiry"), 299, "one for each mailbox at which nobody waits");
        engine.suspend(waits, &boss()).unwrap();
        clock.advance(HOUR.saturating_sub(Duration::from_millis(1)));
        engine.run_pending().unwrap();
        assert_eq!(count(&*store, "viewflow.letter"), 600);
        clock.advance(Duration::from_millis(1));
        engine.send(&parcel(1000)).unwrap();
        engine.run_pending().unwrap();
        assert_eq!((count(&*store, "viewflow.expiry"), count(&*store, "viewflow.letter")), (1, 2));
        // A message stays while a process waits for its key, and expires when none waits.
        engine.cancel(waits, &boss()).unwrap();
        engine.run_pending().unwrap();
        assert_eq!((count(&*store, "viewflow.expiry"), count(&*store, "viewflow.letter")), (1, 1));
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}

fn put(store: &dyn Store, table: &str, id: u64, old: RowRecord, new: Option<RowRecord>) {
    let changes = vec![Change::Row { table: table.to_owned(), id, old: Some(old), new }];
    store.commit(Commit { changes, ..Commit::default() }).unwrap().wait().unwrap();
}

#[test]
fn what_an_earlier_release_has_kept_is_forgotten_in_time_too() {
    on_every_store(|store| {
        let build = |at: Duration| {
            let (builder, clock) = manual(Arc::clone(&store));
            clock.advance(at);
            builder.flow(DoorFlow::new()).build().unwrap()
        };
        let engine = build(Duration::ZERO);
        for key in 0..200 {
            engine.send(&parcel(key)).unwrap();
        }
        drop(engine);
        // The store as it was before the list of mailboxes existed.
        for table in ["viewflow.expiry", "viewflow.index"] {
            for (id, row) in store.rows(table, 0, usize::MAX).unwrap() {
                put(&*store, table, id, row.record, None);
            }
        }
        for (id, row) in store.rows("viewflow.mailbox", 0, usize::MAX).unwrap() {
            let mut new = row.record.clone();
            let boxes = new.data["boxes"].as_array_mut().unwrap();
            boxes.iter_mut().for_each(|mailbox| drop(mailbox.as_object_mut().unwrap().remove("expiry")));
            put(&*store, "viewflow.mailbox", id, row.record, Some(new));
        }
        let engine = build(Duration::ZERO);
        engine.run_pending().unwrap();
        assert_eq!((count(&*store, "viewflow.letter"), count(&*store, "viewflow.expiry")), (200, 200));
        drop(engine);
        build(HOUR).run_pending().unwrap();
        assert_eq!((count(&*store, "viewflow.letter"), count(&*store, "viewflow.expiry")), (0, 0));
    });
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Wait(u32),
    Send(u32),
    Cancel(usize),
    Suspend(usize),
    Resume(usize),
    Minutes(u32),
    Work,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..3_u32).prop_map(Act::Wait),
        5 => (0..3_u32).prop_map(Act::Send),
        2 => (0..8_usize).prop_map(Act::Cancel),
        2 => (0..8_usize).prop_map(Act::Suspend),
        1 => (0..8_usize).prop_map(Act::Resume),
        2 => (1..50_u32).prop_map(Act::Minutes),
        2 => Just(Act::Work),
    ]
}

/// Checks that each mailbox without a waiting process has one entry, and that each entry has its mailbox.
fn check(store: &dyn Store) {
    let mut entries: BTreeMap<u64, u64> = BTreeMap::new();
    for (id, row) in store.rows("viewflow.expiry", 0, usize::MAX).unwrap() {
        entries.insert(id, row.data["mailbox"].as_u64().unwrap());
    }
    for (id, row) in store.rows("viewflow.mailbox", 0, usize::MAX).unwrap() {
        for mailbox in row.data["boxes"].as_array().unwrap() {
            let number = |field: &str| mailbox.get(field).and_then(Value::as_u64);
            let its = number("expiry").map(|entry| entries.remove(&entry));
            assert!(its.is_none_or(|row| row == Some(id)), "{mailbox}");
            assert!(its.is_some() || number("waiting") != Some(0), "{mailbox}");
        }
    }
    assert_eq!(entries, BTreeMap::new());
}

fn play(engine: &Engine, clock: &ManualClock, doors: &mut Vec<ProcessId>, act: Act) {
    let pick = |number: usize| doors.get(number % doors.len().max(1)).copied();
    // Some actions do not apply to some processes.
    match act {
        Act::Wait(key) => doors.push(wait(engine, key)),
        Act::Send(key) => drop(engine.send(&parcel(key)).unwrap()),
        Act::Cancel(number) => drop(pick(number).map(|id| engine.cancel(id, &boss()))),
        Act::Suspend(number) => drop(pick(number).map(|id| engine.suspend(id, &boss()))),
        Act::Resume(number) => drop(pick(number).map(|id| engine.resume(id, &boss()))),
        Act::Minutes(minutes) => clock.advance(minutes * Duration::from_mins(1)),
        Act::Work => drop(engine.run_pending().unwrap()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_sent_and_waited_for_nothing_is_left_when_nobody_waits(
        acts in proptest::collection::vec(act(), 1..60)
    ) {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let (builder, clock) = manual(Arc::clone(&store));
        let engine = builder.flow(DoorFlow::new()).build().unwrap();
        let mut doors = Vec::new();
        for act in acts {
            play(&engine, &clock, &mut doors, act);
            check(&*store);
            prop_assert_eq!(inconsistencies(&*store), Vec::<String>::new(), "after {:?}", act);
        }
        for id in doors {
            let _ = engine.cancel(id, &boss());
        }
        clock.advance(HOUR);
        engine.run_pending().unwrap();
        prop_assert_eq!(["viewflow.letter", "viewflow.mailbox", "viewflow.expiry"].map(|table| count(&*store, table)), [0; 3]);
    }
}
