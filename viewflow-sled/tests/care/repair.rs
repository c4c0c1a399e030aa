//! Lists and indexes are compared with their records, and rebuilt from them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tempfile::TempDir;
use viewflow_sled::SledStore;
use viewflow_store::{Change, Commit, Store, StoreError, TaskList, TaskRecord, TaskStatus, UserId, index_key};

use crate::{commit, put, tamper};

#[test]
fn entries_that_do_not_fit_their_records_are_told_and_put_right() {
    let directory = TempDir::new().unwrap();
    {
        let store = SledStore::open(directory.path()).unwrap();
        (1..=20).for_each(|number| put(&store, number));
        let report = store.verify().unwrap();
        assert_eq!((report.count, report.records), (0, 80), "process, task, row and event: {report:?}");
        assert_eq!(
            report.entries,
            20 * 10,
            "five lists of tasks, one of processes, an index, a reference, the log twice"
        );
    }
    // Each list is in one value. The lists by status and the index are removed, the list of the flow's processes is
    // damaged.
    tamper(directory.path(), |db| {
        let first = |letter: &[u8]| db.scan_prefix(letter).next().unwrap().unwrap();
        db.remove(first(b"l").0).unwrap();
        db.remove(first(b"i").0).unwrap();
        let (key, value) = first(b"q");
        let mut value = value.to_vec();
        value[5] ^= 1;
        db.insert(key, value).unwrap();
        let (key, value) = first(b"f");
        db.remove(&key).unwrap();
        let mut other = key.to_vec();
        let row = other.len() - 7;
        other[row] = 0x7F;
        db.insert(other, value).unwrap();
        // Removes a record. The entries of its task, of itself, its index and its reference stay behind.
        db.remove(db.scan_prefix(b"p").nth(1).unwrap().unwrap().0).unwrap();
    });
    let store = SledStore::open(directory.path()).unwrap();
    let report = store.verify().unwrap();
    let told = |part: &str| report.faults.iter().filter(|fault| fault.contains(part)).count();
    assert_eq!(told("an entry of a list of tasks, of process"), 19 + 4, "{:#?}", report.faults);
    assert_eq!(told("its checksum is wrong"), 19 + 1, "{:#?}", report.faults);
    assert_eq!(told("an entry of an index, of row"), 1, "{:#?}", report.faults);
    assert_eq!(told("a reference, of row"), 2, "{:#?}", report.faults);
    assert_eq!(report.repaired, 0);
    let repaired = store.repair().unwrap();
    assert_eq!(
        repaired.repaired,
        1 + 19 + 4 + 1 + 2,
        "the damaged part, and what was missing or too much: {repaired:#?}"
    );
    assert_eq!(store.verify().unwrap().count, 0);
    drop(store);
    let store = SledStore::open(directory.path()).unwrap();
    assert_eq!(store.verify().unwrap().count, 0);
    assert_eq!(store.list_tasks(&TaskList::Inbox(UserId::new("ann"), None), None, 99).unwrap().len(), 19);
    assert_eq!(store.rows_by("post", "slug", &index_key(&1.into()).unwrap(), 0, 9).unwrap(), [1]);
}

#[test]
fn a_damaged_part_of_a_list_holds_up_nobody_and_is_rebuilt_from_the_records() {
    let directory = TempDir::new().unwrap();
    {
        let store = SledStore::open(directory.path()).unwrap();
        (1..=500).for_each(|number| put(&store, number));
    }
    // Damages a bucket in the middle of the inbox, whose key begins with its tag and the name.
    tamper(directory.path(), |db| {
        let (key, value) = db.scan_prefix(b"l\x01ann").nth(3).unwrap().unwrap();
        let mut value = value.to_vec();
        value[7] ^= 1;
        db.insert(key, value).unwrap();
    });
    let inbox = || TaskList::Inbox(UserId::new("ann"), None);
    for journal in [usize::MAX, 1] {
        let store = SledStore::options().journal(journal).open(directory.path()).unwrap();
        assert!(matches!(store.list_tasks(&inbox(), None, 999), Err(StoreError::Damaged { .. })));
        assert_eq!(store.list_tasks(&inbox(), None, 10).unwrap().len(), 10, "the first page is not damaged");
        // New entries for the damaged bucket are not lost either.
        for number in if journal == 1 { 521..=540 } else { 501..=520 } {
            put(&store, number);
        }
        let Change::Task { new: old, .. } = commit(if journal == 1 { 200 } else { 201 }).changes.remove(2) else {
            panic!()
        };
        let new = TaskRecord { status: TaskStatus::Done, ..(*old).clone() };
        let done = Commit { changes: vec![Change::task(Some(*old), new)], ..Commit::default() };
        store.commit(done).unwrap().wait().unwrap();
    }
    let store = SledStore::open(directory.path()).unwrap();
    assert_eq!(store.repair().unwrap().repaired, 1);
    assert_eq!(store.list_tasks(&inbox(), None, 999).unwrap().len(), 538);
    assert_eq!(store.verify().unwrap().count, 0);
}

#[test]
fn a_damaged_log_is_rebuilt_from_the_events() {
    let directory = TempDir::new().unwrap();
    {
        let store = SledStore::open(directory.path()).unwrap();
        (1..=500).for_each(|number| put(&store, number));
    }
    tamper(directory.path(), |db| {
        let (key, value) = db.scan_prefix(b"h").nth(3).unwrap().unwrap();
        let mut value = value.to_vec();
        value[7] ^= 1;
        db.insert(key, value).unwrap();
        db.remove(db.scan_prefix(b"t").nth(2).unwrap().unwrap().0).unwrap();
    });
    let store = SledStore::open(directory.path()).unwrap();
    assert!(matches!(store.log(None, 999), Err(StoreError::Damaged { .. })));
    assert_eq!(store.log(None, 10).unwrap().len(), 10, "the first page is not damaged");
    let missing = 500 - store.history(None, None, 999).unwrap().len();
    assert!(missing > 0);
    assert_eq!(store.repair().unwrap().repaired, 1 + missing as u64);
    assert_eq!(store.verify().unwrap().count, 0);
    let log = store.log(None, 999).unwrap();
    assert!(log.iter().map(|logged| logged.process.0).eq(1..=500), "in the order of commits");
    assert_eq!(store.history(None, None, 999).unwrap().len(), 500);
}

#[test]
fn damaged_records_are_told_and_left_as_they_are() {
    let directory = TempDir::new().unwrap();
    (1..=3).for_each(|number| put(&SledStore::open(directory.path()).unwrap(), number));
    tamper(directory.path(), |db| {
        let (key, value) = db.scan_prefix(b"p").nth(1).unwrap().unwrap();
        let mut value = value.to_vec();
        value[60] ^= 1;
        db.insert(key, value).unwrap();
    });
    let store = SledStore::open(directory.path()).unwrap();
    let report = store.repair().unwrap();
    assert!(report.faults.iter().all(|fault| fault.contains("process 2")), "{:#?}", report.faults);
    assert!(report.count > 0 && report.repaired == 0);
    assert!(store.list_tasks(&TaskList::Inbox(UserId::new("ann"), None), None, 9).unwrap().len() == 3);
}

#[test]
fn a_store_at_work_is_found_in_order() {
    let directory = TempDir::new().unwrap();
    let store = SledStore::options().journal(10_000).open(directory.path()).unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            // No more commits than `verify` can keep up with on any disk.
            for number in 1..=300 {
                put(&store, number);
                let Change::Task { new: old, .. } = commit(number).changes.remove(2) else { panic!() };
                let new = TaskRecord { status: TaskStatus::Done, ..(*old).clone() };
                let done = Commit { changes: vec![Change::task(Some(*old), new)], ..Commit::default() };
                store.commit(done).unwrap().wait().unwrap();
                if stop.load(Ordering::SeqCst) {
                    break;
                }
            }
        });
        for _ in 0..5 {
            let report = store.verify().unwrap();
            assert_eq!(report.faults, [] as [String; 0]);
        }
        stop.store(true, Ordering::SeqCst);
    });
}
