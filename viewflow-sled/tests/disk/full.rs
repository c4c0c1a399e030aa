//! A disk that runs full, gets room again, and runs full once more.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use viewflow_store::{
    Change, Commit, Event, EventKind, Kind, ProcessData, ProcessId, ProcessList, ProcessRecord, RowRecord, Store,
    StoreError, StoreResult, TaskId, TaskRecord, Timestamp,
};

use viewflow_sled::SledStore;

use crate::{SmallDisk, in_time, open};

const THREADS: u64 = 4;
/// How often the disk runs full.
const ROUNDS: u64 = 3;
/// More commits than any of the disks holds.
const TOO_MANY: u64 = 100_000;

/// The numbered commits of a test.
#[derive(Default)]
struct Known {
    next: AtomicU64,
    acknowledged: Mutex<BTreeSet<u64>>,
}

/// The parts of one commit: afterwards all of them exist, or none.
#[derive(Debug, PartialEq)]
struct Parts {
    process: Option<ProcessRecord>,
    data: Option<ProcessData>,
    task: Option<TaskRecord>,
    row: Option<RowRecord>,
    events: Vec<Event>,
}

impl Parts {
    fn of(number: u64) -> Self {
        let (at, id) = (Timestamp::from_millis(1000), ProcessId(number));
        let length = match number % 40 {
            7 => 200_000,
            n if n % 10 == 3 => 20_000,
            _ => 1_000,
        };
        let text: String = format!("{number} ").chars().cycle().take(length).collect();
        let data = json!({"text": text}).as_object().cloned().unwrap();
        let process = ProcessRecord { events: 1, tasks: 1, ..ProcessRecord::new(id, "full", at) };
        let task = TaskRecord::new(TaskId { process: id, ordinal: 1 }, "full", "check", Kind::View, at);
        let event = Event::new(id, 1, at, EventKind::ProcessStarted);
        Self {
            process: Some(process),
            data: Some(ProcessData { data: data.clone(), ..ProcessData::default() }),
            task: Some(task),
            row: Some(RowRecord { data, ..RowRecord::default() }),
            events: vec![event],
        }
    }

    fn stored(store: &dyn Store, number: u64) -> StoreResult<Self> {
        let id = ProcessId(number);
        Ok(Self {
            process: store.process(id)?.map(|stored| stored.record),
            data: store.process_data(id)?,
            task: store.task(TaskId { process: id, ordinal: 1 })?,
            row: store.row("post", number)?.map(|stored| stored.record),
            events: store.events(id, 0, 10)?.into_iter().map(|logged| logged.event).collect(),
        })
    }

    fn is_nothing(&self) -> bool {
        self.process.is_none()
            && self.data.is_none()
            && self.task.is_none()
            && self.row.is_none()
            && self.events.is_empty()
    }

    fn commit(self, number: u64) -> Commit {
        let changes = vec![
            Change::process(None, self.process.unwrap()),
            Change::Data { process: ProcessId(number), new: Box::new(self.data.unwrap()) },
            Change::task(None, self.task.unwrap()),
            Change::Row { table: "post".into(), id: number, old: None, new: self.row },
        ];
        Commit { changes, events: self.events, ..Commit::default() }
    }
}

fn put(store: &dyn Store, number: u64) -> StoreResult<()> {
    store.commit(Parts::of(number).commit(number))?.wait()
}

fn is_about_the_disk(error: &StoreError) -> bool {
    matches!(error, StoreError::Io(_) | StoreError::Stopped(_))
}

/// Writes on several threads until each thread has met an error.
fn fill(store: &Arc<SledStore>, known: &Arc<Known>) {
    let threads = (0..THREADS).map(|_| {
        let (store, known) = (Arc::clone(store), Arc::clone(known));
        thread::spawn(move || {
            let error = loop {
                let number = known.next.fetch_add(1, Ordering::SeqCst) + 1;
                assert!(number < TOO_MANY, "the disk does not run full");
                match put(&*store, number) {
                    Ok(()) => drop(known.acknowledged.lock().unwrap().insert(number)),
                    Err(error) => break error,
                }
            };
            assert!(is_about_the_disk(&error), "{error}");
        })
    });
    let threads: Vec<_> = threads.collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// After an error, a store still returns only correct content, or fails.
fn is_honest(store: &dyn Store, known: &Known) {
    for number in known.acknowledged.lock().unwrap().iter() {
        match Parts::stored(store, *number) {
            Ok(parts) => assert_eq!(parts, Parts::of(*number), "commit {number}"),
            Err(error) => assert!(is_about_the_disk(&error), "{error}"),
        }
    }
}

/// Every acknowledged commit exists, and no commit exists in part.
fn is_whole(store: &SledStore, known: &Known) {
    let mut there = Vec::new();
    let acknowledged = known.acknowledged.lock().unwrap();
    for number in 1..=known.next.load(Ordering::SeqCst) {
        let parts = Parts::stored(store, number).unwrap();
        assert!(!parts.is_nothing() || !acknowledged.contains(&number), "commit {number} was acknowledged");
        if !parts.is_nothing() {
            assert!(parts == Parts::of(number), "commit {number} exists in part");
            there.push(number);
        }
    }
    let list = store.list_processes(&ProcessList::Flow("full".to_owned()), None, usize::MAX).unwrap();
    assert!(list.iter().map(|id| id.0).eq(there.iter().copied()), "the list has exactly the existing processes");
    let rows = store.rows("post", 0, usize::MAX).unwrap();
    assert!(rows.iter().map(|row| row.0).eq(there), "the table has exactly the existing rows");
    assert_eq!(store.verify().unwrap().faults, [] as [String; 0]);
}

/// Fills the disk, opens the store on the full disk, and opens it again with room.
fn round(place: &Path, ballast: usize, known: &Arc<Known>) {
    let directory = place.join("store");
    // The space of a closed store is free only when sled's threads have let go of it.
    let begun = Instant::now();
    while let Err(error) = fs::write(place.join("ballast"), vec![1; ballast]) {
        assert!(begun.elapsed() < Duration::from_secs(20), "no room for the ballast: {error}");
        thread::sleep(Duration::from_millis(50));
    }
    let store = Arc::new(open(&directory).unwrap());
    is_whole(&store, known);
    fill(&store, known);
    is_honest(&*store, known);
    let number = known.next.fetch_add(1, Ordering::SeqCst) + 1;
    if put(&*store, number).is_ok() {
        known.acknowledged.lock().unwrap().insert(number);
    }
    drop(store);
    match open(&directory) {
        Ok(store) => is_honest(&store, known),
        Err(error) => assert!(matches!(error, StoreError::Io(_) | StoreError::CannotOpen { .. }), "{error:?}"),
    }

    fs::remove_file(place.join("ballast")).unwrap();
    let store = open(&directory).unwrap();
    is_whole(&store, known);
    for _ in 0..20 {
        let number = known.next.fetch_add(1, Ordering::SeqCst) + 1;
        put(&store, number).expect("there is room again");
        known.acknowledged.lock().unwrap().insert(number);
    }
    drop(store);
    is_whole(&open(&directory).unwrap(), known);
}

fn runs_full(mebibytes: u32) {
    let Some(disk) = SmallDisk::new(mebibytes) else { return };
    for number in 0..ROUNDS {
        // Each round has a new directory, because a full store leaves no room for another round.
        let place = disk.path().join(number.to_string());
        fs::create_dir(&place).unwrap();
        let here = place.clone();
        // This file is removed to make room. On a slow machine much waits in the journal, and opening needs several
        // times as much room.
        let ballast = (mebibytes as usize) << 19;
        in_time("to fill a disk", move || round(&here, ballast, &Arc::default()));
        fs::remove_dir_all(place).unwrap();
    }
}

#[test]
fn a_disk_of_8_mib_runs_full_and_nothing_acknowledged_is_lost() {
    runs_full(8);
}

#[test]
fn a_disk_of_12_mib_runs_full_and_nothing_acknowledged_is_lost() {
    runs_full(12);
}

#[test]
fn a_disk_of_16_mib_runs_full_and_nothing_acknowledged_is_lost() {
    runs_full(16);
}
