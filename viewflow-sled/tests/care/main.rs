//! Maintenance of a store: recovery, verify and repair, backup, and the format of its files.

mod aside;
mod backup;
mod format;
mod lists;
mod recovery;
mod repair;

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use viewflow_sled::SledStore;
use viewflow_store::{
    Change, Commit, Document, Event, EventKind, IndexEntry, Kind, OnDelete, ProcessData, ProcessId, ProcessList,
    ProcessRecord, Reference, RowRecord, Store, TaskId, TaskList, TaskRecord, TaskStatus, Timestamp, UserId, index_key,
};

fn document(value: serde_json::Value) -> Document {
    value.as_object().cloned().unwrap()
}

/// A process with a task, an event, and a row that refers to another row.
fn commit(number: u64) -> Commit {
    let at = Timestamp::from_millis(1000);
    let id = ProcessId(number);
    let process = ProcessRecord { tasks: 1, events: 1, ..ProcessRecord::new(id, "hello", at) };
    let data = ProcessData { data: document(serde_json::json!({"number": number})), ..ProcessData::default() };
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
        ..RowRecord::default()
    };
    Commit {
        changes: vec![
            Change::process(None, process),
            Change::Data { process: id, new: Box::new(data) },
            Change::task(None, task),
            Change::Row { table: "post".into(), id: number, old: None, new: Some(row) },
        ],
        events: vec![Event::new(id, 1, at, EventKind::ProcessStarted)],
        ..Commit::default()
    }
}

fn put(store: &SledStore, number: u64) {
    store.commit(commit(number)).unwrap().wait().unwrap();
}

/// How many commits the store has. Asserts that they have no gaps and that each is whole.
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
        let Change::Row { new, .. } = commit(number).changes.remove(3) else { panic!() };
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

/// Opens the sled database of a closed store. sled's threads may need a moment to let go of it.
fn open_sled(path: &Path) -> sled::Db {
    let begun = Instant::now();
    loop {
        match sled::open(path) {
            Ok(db) => return db,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(5), "{error}"),
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Changes the sled database of a closed store.
fn tamper(path: &Path, change: impl Fn(&sled::Db)) {
    let db = open_sled(path);
    change(&db);
    db.flush().unwrap();
}
