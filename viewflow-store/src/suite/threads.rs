//! Many threads at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;

use super::{all_of, process, put_task, task, write};
use crate::id::ProcessId;
use crate::store::{Change, Commit, Expect, Key, ProcessRecord, Store, StoreError, TaskList};

pub(super) fn numbers_are_given_out_once(store: &Arc<impl Store>) {
    let threads = (0..4).map(|_| {
        let store = Arc::clone(store);
        thread::spawn(move || -> Vec<u64> {
            let mut mine = Vec::new();
            for _ in 0..200 {
                mine.push(store.next_process().unwrap().0);
                assert!(store.next_row("post").unwrap() > 0);
            }
            mine
        })
    });
    let threads: Vec<_> = threads.collect();
    let mut seen = BTreeSet::new();
    for thread in threads {
        let mine = thread.join().expect("no thread fails");
        assert!(mine.is_sorted(), "a later number is greater");
        assert!(mine.into_iter().all(|number| number > 0 && seen.insert(number)), "no number is given out twice");
    }
}

pub(super) fn no_update_is_lost_among_threads(store: &Arc<impl Store>) {
    const THREADS: u32 = 6;
    const STEPS: u32 = 50;
    write(&**store, vec![Change::process(None, process(1))]);
    let step = |store: &dyn Store| {
        loop {
            let old = store.process(ProcessId(1)).unwrap().unwrap();
            let expect = vec![Expect::Revision(Key::Process(ProcessId(1)), Some(old.revision))];
            let new = ProcessRecord { tasks: old.tasks + 1, ..old.record.clone() };
            let task = task(1, new.tasks);
            let changes = vec![Change::process(Some(old.record), new), put_task(None, &task)];
            match store.commit(Commit { expect, changes, ..Commit::default() }) {
                Ok(receipt) => return receipt.wait().unwrap(),
                Err(StoreError::Conflict) => {}
                Err(error) => panic!("{error}"),
            }
        }
    };
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let store = Arc::clone(store);
            thread::spawn(move || (0..STEPS).for_each(|_| step(&*store)))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no thread fails"));
    assert_eq!(store.process(ProcessId(1)).unwrap().unwrap().tasks, THREADS * STEPS);
    let tasks = store.tasks(ProcessId(1), 0, 1000).unwrap();
    assert!(tasks.iter().map(|task| task.id.ordinal).eq(1..=THREADS * STEPS), "no task is lost");
    assert_eq!(all_of(&**store, &TaskList::Queue(None, None)).len(), tasks.len());
}
