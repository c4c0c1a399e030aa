//! The log, and the history by time.

use super::{process, write};
use crate::id::{ProcessId, UserId};
use crate::store::{
    Change, Commit, Event, EventKind, HistoryCursor, LogCursor, Logged, ProcessRecord, ProcessStatus, Store,
};
use crate::time::Timestamp;

fn event(process: u64, number: u32, at: i64, actor: &str) -> Event {
    let what = EventKind::TaskFinished { task: number, node: "approve".to_owned(), decision: None };
    Event {
        actor: (!actor.is_empty()).then(|| UserId::new(actor)),
        ..Event::new(ProcessId(process), number, Timestamp::from_millis(at), what)
    }
}

fn put(store: &impl Store, events: Vec<Event>) {
    store.commit(Commit { events, ..Commit::default() }).unwrap().wait().unwrap();
}

/// Checks the places of the log: a reader can go on from each of them, in order, to the end.
fn has_places(store: &impl Store) {
    let all: Vec<LogCursor> = store.log(None, 10_000).unwrap().into_iter().map(|logged| logged.cursor).collect();
    let places = store.log_places(None, 10_000).unwrap();
    assert!(places.is_sorted() && places.iter().all(|place| all.contains(place)));
    assert_eq!(places.last(), all.last());
    for after in all.iter().copied().map(Some) {
        let next = store.log_places(after, 1).unwrap();
        assert_eq!(next.first(), places.iter().find(|place| Some(**place) > after));
    }
}

type Short = Vec<(u64, u32)>;

fn short(events: impl IntoIterator<Item = Logged>) -> Short {
    events.into_iter().map(|logged| (logged.process.0, logged.number)).collect()
}

/// Reads the log page by page.
fn log(store: &impl Store, limit: usize) -> Short {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.log(after, limit).unwrap();
        assert!(page.len() <= limit && page.is_sorted_by_key(|logged| logged.cursor));
        let Some(last) = page.last() else { return all };
        after = Some(last.cursor);
        all.extend(short(page));
    }
}

/// Reads the history page by page, newest first.
fn history(store: &impl Store, by: Option<&str>, limit: usize) -> Short {
    let (by, mut all, mut before) = (by.map(UserId::new), Vec::new(), None);
    loop {
        let page = store.history(by.as_ref(), before, limit).unwrap();
        let Some(last) = page.last() else { return all };
        assert!(page.len() <= limit);
        before = Some(HistoryCursor::of(last));
        all.extend(short(page));
    }
}

pub(super) fn events_are_logged_in_the_order_of_their_commits(store: &impl Store) {
    assert!(store.log(None, 9).unwrap().is_empty());
    let begun = store.log_end().unwrap();
    put(store, vec![event(2, 1, 50, "ann"), event(2, 2, 50, "ann"), event(1, 1, 50, "ann"), event(2, 3, 50, "ann")]);
    put(store, (2..=99).map(|number| event(1, number, 40, "")).collect());
    write(store, vec![Change::process(None, process(7))]);
    put(store, vec![event(2, 4, 60, "bob")]);
    let mut expected = vec![(2, 1), (2, 2), (1, 1), (2, 3)];
    expected.extend((2..=99).map(|number| (1, number)));
    expected.push((2, 4));
    for limit in [1, 7, 1000] {
        assert_eq!(log(store, limit), expected, "{limit}");
    }
    let all = store.log(None, 1000).unwrap();
    assert!(all[0].cursor > LogCursor::behind(begun));
    let numbers: Vec<u32> = all[..4].iter().map(|logged| logged.cursor.index).collect();
    assert_eq!(numbers, [0, 1, 2, 3], "{:?}", all[0].cursor);
    assert!(all[..4].iter().all(|logged| logged.cursor.commit == all[0].cursor.commit));
    assert_eq!(store.events(ProcessId(2), 2, 1).unwrap(), [all[3].clone()], "an event comes with its place");
    let end = LogCursor::behind(store.log_end().unwrap());
    assert!(store.log(Some(end), 9).unwrap().is_empty());
    put(store, vec![event(2, 5, 60, "bob")]);
    assert_eq!(short(store.log(Some(end), 9).unwrap()), [(2, 5)], "what comes later is behind the end");
    has_places(store);
}

pub(super) fn what_happened_is_found_by_time_and_by_person(store: &impl Store) {
    put(store, vec![event(3, 1, 20, "ann"), event(3, 2, 20, "ann"), event(1, 1, 20, "ann")]);
    // One event is of a clock that was set back, and one of a clock before 1970.
    put(store, vec![event(2, 1, 10, "bob")]);
    put(store, vec![event(2, 2, -5, "")]);
    put(store, (1..=70).map(|number| event(4, number, 30, "ann")).collect());
    put(store, vec![event(2, 3, 25, "an"), event(5, 1, 25, "ann")]);
    let mut anns: Short = (1..=70).rev().map(|number| (4, number)).collect();
    let mut all = anns.clone();
    anns.extend([(5, 1), (3, 2), (3, 1), (1, 1)]);
    all.extend([(5, 1), (2, 3), (3, 2), (3, 1), (1, 1), (2, 1), (2, 2)]);
    for limit in [1, 3, 50, 1000] {
        assert_eq!(history(store, None, limit), all, "{limit}");
        assert_eq!(history(store, Some("ann"), limit), anns, "{limit}");
        assert_eq!(history(store, Some("an"), limit), [(2, 3)]);
        assert_eq!(history(store, Some("zoe"), limit), []);
    }
    let before = |at| Some(HistoryCursor::at(Timestamp::from_millis(at)));
    assert_eq!(short(store.history(None, before(10), 9).unwrap()), [(2, 2)]);
    assert_eq!(short(store.history(None, before(11), 1).unwrap()), [(2, 1)]);
    assert!(store.history(None, before(-5), 9).unwrap().is_empty());
}

pub(super) fn what_is_forgotten_is_in_no_log(store: &impl Store) {
    let done = ProcessRecord { status: ProcessStatus::Done, ..process(1) };
    write(store, vec![Change::process(None, done.clone())]);
    let several = vec![event(1, 1, 5, "ann"), event(1, 2, 5, "ann"), event(2, 1, 5, "ann"), event(1, 3, 5, "ann")];
    put(store, several);
    put(store, vec![event(1, 4, 6, "ann"), event(1, 5, 6, "ann")]);
    let places = store.log(None, 9).unwrap();
    write(store, vec![Change::ForgetEvents { process: ProcessId(1), through: 4 }]);
    let left = store.log(None, 9).unwrap();
    assert_eq!(short(left.clone()), [(2, 1), (1, 5)]);
    assert_eq!([left[0].cursor, left[1].cursor], [places[2].cursor, places[5].cursor], "others stay where they were");
    assert_eq!(history(store, None, 9), [(1, 5), (2, 1)]);
    assert_eq!(history(store, Some("ann"), 1), [(1, 5), (2, 1)]);
    let gone = Some(places[0].cursor);
    assert_eq!(short(store.log(gone, 1).unwrap()), [(2, 1)], "a cursor at what is gone goes on behind it");
    write(
        store,
        vec![Change::ForgetEvents { process: ProcessId(1), through: 5 }, Change::ForgetProcess { old: Box::new(done) }],
    );
    assert_eq!((log(store, 9), history(store, Some("ann"), 9)), (vec![(2, 1)], vec![(2, 1)]));
    put(store, vec![event(2, 2, 7, "ann")]);
    assert_eq!(log(store, 9), [(2, 1), (2, 2)]);
}

pub(super) fn a_copy_keeps_the_places_of_its_original(store: &impl Store) {
    let places = [(70, 2), (60, 0), (70, 1)].map(|(commit, index)| LogCursor { commit, index });
    let copy = Commit {
        changes: vec![Change::Log { last: 80 }],
        events: vec![event(1, 1, 5, "ann"), event(2, 1, 5, "bob"), event(2, 2, 5, "bob")],
        places: places.to_vec(),
        ..Commit::default()
    };
    store.commit(copy).unwrap().wait().unwrap();
    let found = store.log(None, 9).unwrap();
    assert_eq!(found.iter().map(|logged| logged.cursor).collect::<Vec<_>>(), [places[1], places[2], places[0]]);
    assert_eq!(short(found), [(2, 1), (2, 2), (1, 1)]);
    assert!(store.log_end().unwrap() >= 80);
    put(store, vec![event(1, 2, 6, "ann")]);
    let next = store.log(Some(LogCursor::behind(80)), 9).unwrap();
    assert_eq!(short(next), [(1, 2)], "what is new comes behind all that was copied");
    write(store, vec![Change::ForgetEvents { process: ProcessId(2), through: 1 }]);
    assert_eq!(log(store, 2), [(2, 2), (1, 1), (1, 2)]);
}
