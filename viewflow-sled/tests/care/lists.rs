//! A store fills lists that the previous release did not keep, or kept in another version, while it is in use.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use viewflow_sled::{Durability, SledStore};
use viewflow_store::{
    Change, Commit, Kind, ListedTask, Order, ProcessId, ProcessList, ProcessRecord, ProcessStatus, Store, StoreError,
    StoreResult, TaskId, TaskList, TaskRecord, TaskStatus, Timestamp, UserId,
};

use crate::open_sled;

/// How many processes the store has, each with a task in an inbox.
const PROCESSES: u64 = 3000;

fn inbox() -> TaskList {
    TaskList::Inbox(UserId::new("ann"), None)
}

fn open(directory: &Path) -> SledStore {
    // The lists need many commits, and none of their tests needs to survive a power cut.
    let relaxed = Durability::Relaxed { at_most: Duration::from_secs(1) };
    SledStore::options().durability(relaxed).open(directory).unwrap()
}

fn task(process: u64, status: TaskStatus) -> TaskRecord {
    let id = TaskId { process: ProcessId(process), ordinal: 1 };
    let new = TaskRecord::new(id, "hello", "approve", Kind::View, Timestamp::from_millis(1000));
    TaskRecord { owner: Some(UserId::new("ann")), status, ..new }
}

fn started(process: u64) -> ProcessRecord {
    let new = ProcessRecord::new(ProcessId(process), "hello", Timestamp::from_millis(1000));
    ProcessRecord { started_by: Some(UserId::new("ann")), ..new }
}

fn made(process: u64) -> Vec<Change> {
    vec![Change::process(None, started(process)), Change::task(None, task(process, TaskStatus::Assigned))]
}

fn write(store: &SledStore, changes: Vec<Change>) {
    store.commit(Commit { changes, ..Commit::default() }).unwrap().wait().unwrap();
}

fn filled() -> TempDir {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path());
    for first in (1..=PROCESSES).step_by(250) {
        write(&store, (first..first + 250).flat_map(made).collect());
    }
    directory
}

const LISTS: &[u8] = b"mlists\0\x01";
const FILLING: &[u8] = b"mfilling\0\x01";

/// Changes the note of the lists, to what another release would have left.
fn note(directory: &Path, change: impl FnOnce(&mut BTreeMap<String, u32>)) {
    let db = open_sled(directory);
    let mut lists = serde_json::from_slice(&db.get(LISTS).unwrap().unwrap()).unwrap();
    change(&mut lists);
    db.insert(LISTS, serde_json::to_vec(&lists).unwrap()).unwrap();
    db.flush().unwrap();
}

/// Removes all entries of the inboxes.
fn without_inboxes(directory: &Path) {
    let db = open_sled(directory);
    for key in db.scan_prefix([b'l', 1]).keys() {
        db.remove(key.unwrap()).unwrap();
    }
    db.flush().unwrap();
}

/// Reads the inbox; `None` if it is not ready. The store never returns part of it.
fn ask(store: &SledStore) -> Option<Vec<ListedTask>> {
    let asked: StoreResult<Vec<ListedTask>> = store.list_tasks(&inbox(), None, usize::MAX);
    match asked {
        Ok(listed) => Some(listed),
        Err(error @ StoreError::NotReady { .. }) => {
            assert!(
                error.to_string().contains("`inbox` is being filled") && !error.to_string().contains("failed"),
                "{error}"
            );
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn wait_for(store: &SledStore) -> Vec<u64> {
    loop {
        if let Some(listed) = ask(store) {
            return listed.into_iter().map(|listed| listed.task.process.0).collect();
        }
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_list_that_the_release_before_did_not_keep_is_filled_while_others_write() {
    let directory = filled();
    note(directory.path(), |lists| {
        lists.remove("inbox");
    });
    without_inboxes(directory.path());
    let store = open(directory.path());
    assert_eq!(ask(&store), None, "it says that it is not ready");
    let queue = store.list_tasks(&TaskList::Queue(None, None), None, 9);
    assert!(queue.is_ok(), "the other lists go on");
    assert_eq!(store.verify().unwrap().faults, [""; 0], "what is being filled is no fault");
    // Closes tasks that the filler may have read already, and tasks that it has yet to read.
    let gone = [1, 2, PROCESSES / 2, PROCESSES - 1];
    for process in &gone {
        let done = Change::task(Some(task(*process, TaskStatus::Assigned)), task(*process, TaskStatus::Done));
        write(&store, vec![done]);
    }
    write(&store, made(PROCESSES + 1));
    let mut wanted: Vec<u64> = (1..=PROCESSES + 1).collect();
    wanted.retain(|process| !gone.contains(process));
    assert_eq!(wait_for(&store), wanted);
    assert_eq!(store.verify().unwrap().faults, [""; 0]);
    drop(store);
    let store = open(directory.path());
    assert_eq!(wait_for(&store), wanted);
}

#[test]
fn filling_goes_on_where_it_was_when_the_store_is_opened_again() {
    let directory = filled();
    note(directory.path(), |lists| {
        lists.remove("inbox");
    });
    without_inboxes(directory.path());
    let mut opened = 0;
    let mut through = Vec::new();
    // Filling is interrupted several times, and then runs to its end.
    while opened < 6 {
        let store = open(directory.path());
        opened += 1;
        if ask(&store).is_some() {
            break;
        }
        // The store is closed as soon as filling has made some progress.
        for _ in 0..1000 {
            match store.list_tasks(&inbox(), None, 1) {
                Err(StoreError::NotReady { through, .. }) if through.contains("has just begun") => {}
                _ => break,
            }
            thread::sleep(Duration::from_micros(100));
        }
        drop(store);
        let db = open_sled(directory.path());
        let note = db.get(FILLING).unwrap().map(|note| serde_json::from_slice::<serde_json::Value>(&note).unwrap());
        through.extend(note.and_then(|note| serde_json::from_value::<Vec<u8>>(note["after"].clone()).ok()));
    }
    assert!(opened > 1 && !through.is_empty(), "it was interrupted {opened} times");
    assert!(through.is_sorted(), "it does not begin again: {through:?}");
    let store = open(directory.path());
    assert_eq!(wait_for(&store), (1..=PROCESSES).collect::<Vec<_>>());
    assert_eq!(store.verify().unwrap().faults, [""; 0]);
}

#[test]
fn a_list_of_another_version_is_filled_anew_without_what_stood_there() {
    let directory = filled();
    note(directory.path(), |lists| {
        lists.insert("inbox".to_owned(), 0);
    });
    let store = open(directory.path());
    wait_for(&store);
    // Another version may have kept a finished task in the inbox.
    write(&store, vec![Change::task(None, task(PROCESSES + 7, TaskStatus::Assigned))]);
    write(&store, vec![Change::task(None, task(PROCESSES + 7, TaskStatus::Done))]);
    assert!(store.verify().unwrap().count > 0, "there is an entry without its record");
    drop(store);
    note(directory.path(), |lists| {
        lists.extend(["inbox", "tasks by status", "open"].map(|list| (list.to_owned(), 0)));
    });
    let store = open(directory.path());
    assert_eq!(wait_for(&store), (1..=PROCESSES).collect::<Vec<_>>());
    assert_eq!(store.verify().unwrap().faults, [""; 0]);
}

#[test]
fn a_note_that_cannot_be_read_has_all_lists_filled_anew() {
    let directory = filled();
    let db = open_sled(directory.path());
    db.insert(LISTS, "{\"inbox\":1").unwrap();
    db.insert(FILLING, "nonsense").unwrap();
    db.flush().unwrap();
    drop(db);
    let store = open(directory.path());
    assert_eq!(wait_for(&store), (1..=PROCESSES).collect::<Vec<_>>());
    assert_eq!(store.verify().unwrap().faults, [""; 0]);
    drop(store);
    note(directory.path(), |lists| assert_eq!(lists.len(), 24));
}

#[test]
fn a_list_that_only_a_later_release_keeps_is_not_noted_any_more() {
    let directory = filled();
    note(directory.path(), |lists| {
        lists.insert("of the future".to_owned(), 1);
    });
    drop(open(directory.path()));
    note(directory.path(), |lists| {
        assert!(!lists.contains_key("of the future"), "the later release fills it again: {lists:?}");
        assert_eq!(lists.len(), 24);
    });
}

#[test]
fn tasks_that_somebody_may_not_take_are_listed_in_a_store_of_before_and_the_sorted_lists_are_ready_meanwhile() {
    let directory = filled();
    let (ann, few) = (UserId::new("ann"), 300_u64);
    let sorted = |list| TaskList::Sorted(Order::Priority, Box::new(list));
    let barred = [TaskList::Barred(ann.clone(), None), sorted(TaskList::Barred(ann.clone(), None))];
    let store = open(directory.path());
    let changes = (1..=few).map(|process| {
        let old = task(process, TaskStatus::Assigned);
        let new = TaskRecord { owner: None, barred: vec![ann.clone()], priority: Some(1), ..old.clone() };
        Change::task(Some(old), TaskRecord { status: TaskStatus::New, ..new })
    });
    write(&store, changes.collect());
    drop(store);
    note(directory.path(), |lists| {
        lists.remove("barred");
    });
    let db = open_sled(directory.path());
    for key in db.scan_prefix([b'l', 12]).keys() {
        db.remove(key.unwrap()).unwrap();
    }
    db.flush().unwrap();
    drop(db);
    let store = open(directory.path());
    let queue = || store.list_tasks(&sorted(TaskList::Queue(None, None)), None, usize::MAX).unwrap().len() as u64;
    let mut waited = 0;
    let listed = loop {
        assert_eq!(queue(), few);
        match barred.each_ref().map(|list| store.list_tasks(list, None, usize::MAX)) {
            [Ok(by_age), Ok(sorted)] => break [by_age.len(), sorted.len()],
            [Err(StoreError::NotReady { list, .. }), _] => assert_eq!(list, "barred"),
            other => assert!(other[0].is_err(), "both are ready at once: {other:?}"),
        }
        waited += 1;
        thread::sleep(Duration::from_millis(1));
    };
    assert!(waited > 0 && listed == [300, 300], "{waited} {listed:?}");
    assert_eq!(store.verify().unwrap().faults, [""; 0]);
}

/// Removes a list from the note and its entries from the tree, as a release had the store that did not keep it.
fn without(directory: &Path, name: &str, prefix: [u8; 2]) {
    note(directory, |lists| assert!(lists.remove(name).is_some(), "{name}"));
    let db = open_sled(directory);
    for key in db.scan_prefix(prefix).keys() {
        db.remove(key.unwrap()).unwrap();
    }
    db.flush().unwrap();
}

#[test]
fn the_tasks_in_which_somebody_takes_part_are_listed_in_a_store_of_before() {
    let directory = filled();
    without(directory.path(), "part", [b'l', 15]);
    let store = open(directory.path());
    let (list, mut waited) = (TaskList::Part(UserId::new("ann")), 0);
    let listed = loop {
        match store.list_tasks(&list, None, usize::MAX) {
            Ok(listed) => break listed,
            Err(error) => assert!(error.to_string().contains("`part` is being filled"), "{error}"),
        }
        assert!(ask(&store).is_some(), "the other lists go on");
        waited += 1;
        thread::sleep(Duration::from_millis(1));
    };
    assert!(waited > 0);
    assert!(listed.into_iter().map(|listed| listed.task.process.0).eq((1..=PROCESSES).rev()), "the newest first");
    assert_eq!(store.verify().unwrap().faults, [""; 0]);
}

#[test]
fn processes_are_listed_by_starter_and_outcome_in_a_store_of_before() {
    let directory = filled();
    let (ann, few) = (UserId::new("ann"), 300_u64);
    let done = |process| ProcessRecord {
        status: ProcessStatus::Done,
        outcome: Some("refused".to_owned()),
        ..started(process)
    };
    write(&open(directory.path()), (1..=few).map(|id| Change::process(Some(started(id)), done(id))).collect());
    let lists = [
        ("started by", 6, ProcessList::StartedBy(ann.clone()), 1..=PROCESSES),
        ("started by, by status", 7, ProcessList::StartedByWith(ann, ProcessStatus::New), few + 1..=PROCESSES),
        ("outcome", 8, ProcessList::Outcome("hello".to_owned(), "refused".to_owned()), 1..=few),
    ];
    for (name, tag, _, _) in &lists {
        without(directory.path(), name, [b'q', *tag]);
    }
    let store = open(directory.path());
    for (name, _, list, expected) in lists {
        let listed = loop {
            match store.list_processes(&list, None, usize::MAX) {
                Ok(listed) => break listed,
                Err(error) => assert!(error.to_string().contains(&format!("`{name}` is being filled")), "{error}"),
            }
            assert!(ask(&store).is_some(), "the other lists go on");
            thread::sleep(Duration::from_millis(1));
        };
        assert!(listed.into_iter().map(|id| id.0).eq(expected.rev()), "the newest first in {name}");
    }
    assert_eq!(store.verify().unwrap().faults, [""; 0]);
}
