//! What keeps a store in order: recovery, verify and repair, backup, and databases of earlier releases.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use viewflow_core::store::{
    Change, Commit, Event, IndexEntry, ProcessList, ProcessRecord, Reference, RowRecord, Store, StoreError, TaskList,
    TaskRecord, TaskStatus, What, index_key,
};
use viewflow_core::{Document, OnDelete, ProcessId, TaskId, Timestamp, UserId};
use viewflow_graph::Kind;
use viewflow_sled::{Durability, SledStore};

fn document(value: serde_json::Value) -> Document {
    value.as_object().cloned().unwrap()
}

/// A process with a task, an event, and a row that refers to another one.
fn commit(number: u64) -> Commit {
    let at = Timestamp::from_millis(1000);
    let id = ProcessId(number);
    let process = ProcessRecord { tasks: 1, events: 1, ..ProcessRecord::new(id, "hello", at) };
    let task_id = TaskId { process: id, ordinal: 1 };
    let task = TaskRecord {
        owner: Some(UserId::new("ann")),
        status: TaskStatus::Assigned,
        ..TaskRecord::new(task_id, "hello", "approve", Kind::View, at)
    };
    let to = Reference { table: "blog".into(), id: 1, field: "blog".into(), on_delete: OnDelete::Protect };
    let text = if number.is_multiple_of(3) { "long ".repeat(3000) } else { String::new() };
    let row = RowRecord {
        data: document(serde_json::json!({"slug": number, "text": text})),
        index: vec![IndexEntry { field: "slug".into(), value: number.into(), unique: true }],
        references: vec![to],
    };
    Commit {
        changes: vec![
            Change::process(None, process),
            Change::task(None, task),
            Change::Row { table: "post".into(), id: number, old: None, new: Some(row) },
        ],
        events: vec![Event {
            process: id,
            number: 1,
            at,
            actor: None,
            reason: None,
            what: What::ProcessStarted,
            changes: Vec::new(),
        }],
        ..Commit::default()
    }
}

fn put(store: &SledStore, number: u64) {
    store.commit(commit(number)).unwrap().wait().unwrap();
}

/// How many commits the store has: one after the other, each whole.
fn whole_commits(store: &SledStore) -> u64 {
    let processes = store.processes(ProcessId(0), usize::MAX).unwrap();
    let inbox = store.list_tasks(&TaskList::Inbox(UserId::new("ann"), None), None, usize::MAX).unwrap();
    let listed = store.list_processes(&ProcessList::Flow("hello".into()), None, usize::MAX).unwrap();
    let count = processes.len() as u64;
    assert!(processes.iter().map(|process| process.id.0).eq(1..=count), "no gap");
    assert_eq!((inbox.len() as u64, listed.len() as u64), (count, count));
    for number in 1..=count {
        let found = store.rows_by("post", "slug", &index_key(&number.into()).unwrap(), 0, 2).unwrap();
        assert_eq!(found, [number]);
        let Change::Row { new, .. } = commit(number).changes.remove(2) else { panic!() };
        assert_eq!(Some(store.row("post", number).unwrap().unwrap().record), new);
        let events = store.events(ProcessId(number), 0, 9).unwrap().into_iter().map(|logged| logged.event);
        assert!(events.eq(commit(number).events));
    }
    assert_eq!(store.references("blog", 1, usize::MAX).unwrap().len() as u64, count);
    let log = store.log(None, usize::MAX).unwrap();
    assert!(log.iter().map(|logged| logged.process.0).eq(1..=count), "in the order of commits");
    assert_eq!(store.history(None, None, usize::MAX).unwrap().len() as u64, count);
    count
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// The files that a program leaves which is killed after five commits.
fn left_after_five_commits(directory: &TempDir) -> PathBuf {
    let (place, left) = (directory.path().join("place"), directory.path().join("left"));
    let store = SledStore::open(&place).unwrap();
    (1..=5).for_each(|number| put(&store, number));
    copy(&place, &left);
    left
}

#[test]
fn what_a_killed_program_had_committed_is_there_after_opening() {
    let directory = TempDir::new().unwrap();
    for journal in [usize::MAX, 1] {
        for durability in [Durability::Full, Durability::Relaxed { at_most: Duration::from_hours(1) }] {
            let (place, left) = (directory.path().join("place"), directory.path().join("left"));
            let store = SledStore::options().journal(journal).durability(durability).open(&place).unwrap();
            (1..=50).for_each(|number| put(&store, number));
            // What a killed program leaves is what the operating system has of its files. With a short journal sled is at work.
            if journal == 1 {
                store.backup(&left).unwrap();
            } else {
                copy(&place, &left);
            }
            drop(store);
            assert_eq!(whole_commits(&SledStore::open(&left).unwrap()), 50, "{journal} {durability:?}");
            fs::remove_dir_all(&left).unwrap();
            fs::remove_dir_all(&place).unwrap();
        }
    }
}

#[test]
fn a_journal_that_was_cut_is_noticed_and_its_loss_can_be_accepted() {
    let directory = TempDir::new().unwrap();
    let left = left_after_five_commits(&directory);
    let journal = fs::OpenOptions::new().write(true).open(left.join("journal.0")).unwrap();
    journal.set_len(journal.metadata().unwrap().len() - 1).unwrap();
    match SledStore::open(&left) {
        Err(StoreError::LostCommits { durable: 5, found: 4, .. }) => {}
        other => panic!("{other:?}"),
    }
    let accepted = SledStore::options().accept_loss().open(&left).unwrap();
    assert_eq!(whole_commits(&accepted), 4);
    put(&accepted, 5);
    drop(accepted);
    assert_eq!(whole_commits(&SledStore::open(&left).unwrap()), 5, "once accepted it is no loss any more");
}

#[test]
fn a_store_without_its_mark_is_opened_only_by_who_accepts_a_loss() {
    let directory = TempDir::new().unwrap();
    put(&SledStore::open(directory.path()).unwrap(), 1);
    for damage in [None, Some(b"far too short".as_slice())] {
        match damage {
            None => fs::remove_file(directory.path().join("durable")).unwrap(),
            Some(bytes) => fs::write(directory.path().join("durable"), bytes).unwrap(),
        }
        let error = SledStore::open(directory.path()).unwrap_err();
        assert!(error.to_string().contains("`durable`") && error.to_string().contains("accept_loss"), "{error}");
        assert_eq!(whole_commits(&SledStore::options().accept_loss().open(directory.path()).unwrap()), 1);
        assert_eq!(whole_commits(&SledStore::open(directory.path()).unwrap()), 1);
    }
}

#[test]
fn an_emptied_database_is_noticed() {
    let directory = TempDir::new().unwrap();
    (1..=3).for_each(|number| put(&SledStore::open(directory.path()).unwrap(), number));
    for entry in fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name == "db" || name.to_string_lossy().starts_with("snap")) {
            fs::remove_file(path).unwrap();
        }
    }
    let lost = SledStore::open(directory.path());
    assert!(matches!(lost, Err(StoreError::LostCommits { durable: 3, found: 0, .. })), "{lost:?}");
}

#[test]
fn a_relaxed_step_is_synced_in_time() {
    let directory = TempDir::new().unwrap();
    let relaxed = Durability::Relaxed { at_most: Duration::from_millis(50) };
    let store = SledStore::options().durability(relaxed).open(directory.path()).unwrap();
    put(&store, 1);
    let mark = || fs::read(directory.path().join("durable")).unwrap();
    let begun = Instant::now();
    while mark()[..8] != 1_u64.to_be_bytes() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is not synced");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Changes what sled has of a store that is closed.
fn tamper(path: &Path, change: impl Fn(&sled::Db)) {
    let db = sled::open(path).unwrap();
    change(&db);
    db.flush().unwrap();
}

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
            20 * 8,
            "three lists of tasks, one of processes, an index, a reference, the log twice"
        );
    }
    // Each list is in one value; that of the flow's processes is damaged, the one of the status and the index are lost.
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
        // What its task, itself, its index and its reference are listed under stands there without it.
        db.remove(db.scan_prefix(b"p").nth(1).unwrap().unwrap().0).unwrap();
    });
    let store = SledStore::open(directory.path()).unwrap();
    let report = store.verify().unwrap();
    let told = |part: &str| report.faults.iter().filter(|fault| fault.contains(part)).count();
    assert_eq!(told("an entry of a list of tasks, of process"), 19 + 2, "{:#?}", report.faults);
    assert_eq!(told("its checksum is wrong"), 19 + 1, "{:#?}", report.faults);
    assert_eq!(told("an entry of an index, of row"), 1, "{:#?}", report.faults);
    assert_eq!(told("a reference, of row"), 2, "{:#?}", report.faults);
    assert_eq!(report.repaired, 0);
    let repaired = store.repair().unwrap();
    assert_eq!(
        repaired.repaired,
        1 + 19 + 2 + 1 + 2,
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
    // One in the middle of the inbox, whose key begins with its tag and the name.
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
        // Those that go into the damaged part are not lost either.
        for number in if journal == 1 { 521..=540 } else { 501..=520 } {
            put(&store, number);
        }
        let Change::Task { new: old, .. } = commit(if journal == 1 { 200 } else { 201 }).changes.remove(1) else {
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
fn what_comes_after_a_gap_of_the_journal_shows_that_something_is_missing() {
    let directory = TempDir::new().unwrap();
    let left = left_after_five_commits(&directory);
    // The first record of the journal, and a mark that lags behind.
    let mut journal = fs::read(left.join("journal.0")).unwrap();
    let first = 16 + u32::from_be_bytes(journal[..4].try_into().unwrap()) as usize;
    fs::write(left.join("journal.1"), journal.split_off(first)).unwrap();
    journal[20] ^= 1;
    fs::write(left.join("journal.0"), journal).unwrap();
    let other = directory.path().join("other");
    drop(SledStore::open(&other).unwrap());
    fs::copy(other.join("durable"), left.join("durable")).unwrap();
    let lost = SledStore::open(&left);
    assert!(matches!(lost, Err(StoreError::LostCommits { durable: 5, found: 0, .. })), "{lost:?}");
    let store = SledStore::options().accept_loss().open(&left).unwrap();
    put(&store, 1);
    let revision = store.process(ProcessId(1)).unwrap().unwrap().revision;
    assert!(revision > 5, "no revision is used twice: {revision}");
    drop(store);
    assert_eq!(whole_commits(&SledStore::open(&left).unwrap()), 1);
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
            // No more than `verify` can catch up with, whatever the disk.
            for number in 1..=300 {
                put(&store, number);
                let Change::Task { new: old, .. } = commit(number).changes.remove(1) else { panic!() };
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

#[test]
fn a_backup_of_a_store_at_work_has_all_that_was_committed_before_and_nothing_by_halves() {
    let directory = TempDir::new().unwrap();
    for journal in [1, 20_000, usize::MAX] {
        let place = directory.path().join(journal.to_string());
        let store = SledStore::options().journal(journal).open(place.join("store")).unwrap();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                for number in 1..=2000 {
                    put(&store, number);
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                }
            });
            for round in 0..3 {
                thread::sleep(Duration::from_millis(20));
                let before = store.processes(ProcessId(0), usize::MAX).unwrap().len() as u64;
                let copy = place.join(format!("copy {round}"));
                store.backup(&copy).unwrap();
                // The last one seen may not have been durable yet.
                assert!(whole_commits(&SledStore::open(&copy).unwrap()) >= before.saturating_sub(1));
            }
            stop.store(true, Ordering::SeqCst);
        });
        let again = store.backup(place.join("copy 0"));
        assert!(matches!(again, Err(StoreError::NotAStore { .. })), "a backup does not write over anything");
    }
}

#[test]
fn a_database_of_the_first_release_is_opened() {
    let directory = TempDir::new().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-5"), directory.path());
    let store = SledStore::open(directory.path()).unwrap();
    assert_eq!(whole_commits(&store), 40);
    assert_eq!(store.verify().unwrap().count, 0);
    put(&store, 41);
}

/// Writes the fixture of the test above: some of it in the tree, some in the journal.
#[test]
#[ignore = "it writes the fixture anew, when the format has a new version"]
fn the_fixture() {
    let directory = TempDir::new().unwrap();
    let open = || SledStore::open(directory.path()).unwrap();
    let store = open();
    (1..=20).for_each(|number| put(&store, number));
    drop(store);
    let store = open();
    (21..=40).for_each(|number| put(&store, number));
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-5");
    fs::create_dir_all(fixture.parent().unwrap()).unwrap();
    let _ = fs::remove_dir_all(&fixture);
    store.backup(&fixture).unwrap();
}
