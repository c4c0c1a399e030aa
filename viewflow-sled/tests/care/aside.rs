//! Long records of a process stand aside from its bundles, and return to them when they become short.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use viewflow_sled::{Durability, SledStore};
use viewflow_store::{
    Change, Commit, Kind, ProcessData, ProcessId, ProcessRecord, Store, TaskId, TaskRecord, Timestamp,
};

use crate::document;

const PROCESS: ProcessId = ProcessId(1);

fn task(ordinal: u32, length: usize) -> TaskRecord {
    let id = TaskId { process: PROCESS, ordinal };
    let data = document(serde_json::json!({"text": "x".repeat(length)}));
    TaskRecord { data, ..TaskRecord::new(id, "hello", "approve", Kind::View, Timestamp::from_millis(1000)) }
}

fn data(length: usize) -> ProcessData {
    ProcessData { data: document(serde_json::json!({"text": "y".repeat(length)})), ..ProcessData::default() }
}

fn store(directory: &TempDir) -> SledStore {
    let relaxed = Durability::Relaxed { at_most: Duration::from_secs(1) };
    let store = SledStore::options().durability(relaxed).open(directory.path()).unwrap();
    let process = ProcessRecord::new(PROCESS, "hello", Timestamp::from_millis(1000));
    write(&store, vec![Change::process(None, process)]);
    store
}

fn write(store: &SledStore, changes: Vec<Change>) {
    store.commit(Commit { changes, ..Commit::default() }).unwrap().wait().unwrap();
}

fn put(store: &SledStore, length: usize) {
    let tasks = (1..=10).map(|ordinal| Change::task(None, task(ordinal, length)));
    let data = Change::Data { process: PROCESS, new: Box::new(data(length)) };
    write(store, tasks.chain([data]).collect());
}

#[test]
fn what_was_long_and_is_short_leaves_nothing_beside_its_bundle() {
    let directory = TempDir::new().unwrap();
    let store = store(&directory);
    for length in [20_000, 2_000, 10, 5_000, 0] {
        put(&store, length);
        assert_eq!(store.verify().unwrap().faults, [""; 0], "{length}");
    }
    drop(store);
    let left = crate::open_sled(directory.path()).scan_prefix("d").count();
    assert_eq!(left, 0);
}

#[test]
fn what_grows_and_shrinks_is_read_whole_meanwhile() {
    let directory = TempDir::new().unwrap();
    let store = store(&directory);
    put(&store, 10);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..600 {
                put(&store, if round % 2 == 0 { 9_000 } else { 10 });
            }
            stop.store(true, Ordering::SeqCst);
        });
        while !stop.load(Ordering::SeqCst) {
            let length = |text: &serde_json::Value| text.as_str().map_or(0, str::len);
            let whole = |length: usize| length == 10 || length == 9_000;
            let tasks = store.tasks(PROCESS, 0, 100).unwrap();
            assert!(tasks.len() == 10 && tasks.iter().all(|task| whole(length(&task.data["text"]))));
            let task = store.task(TaskId { process: PROCESS, ordinal: 3 }).unwrap().unwrap();
            assert!(whole(length(&task.data["text"])));
            let data = store.process_data(PROCESS).unwrap().unwrap();
            assert!(whole(length(&data.data["text"])));
        }
    });
}
