//! Processes that are over, and processes that are forgotten.

use super::{all_of, process, put_task, task, write};
use crate::id::ProcessId;
use crate::store::{Change, Commit, Event, EventKind, ProcessList, ProcessRecord, ProcessStatus, Store, TaskList};
use crate::time::Timestamp;

pub(super) fn what_is_over_is_listed_by_its_end(store: &impl Store) {
    let over = |id, at| ProcessRecord {
        status: ProcessStatus::Done,
        finished: Some(Timestamp::from_millis(at)),
        ..process(id)
    };
    let child = ProcessRecord { parent: Some(task(1, 1).id), ..over(5, 10) };
    let all = [over(1, 30), over(2, -20), process(3), over(4, 20), child, over(6, 20)];
    write(store, all.into_iter().map(|new| Change::process(None, new)).collect());
    let mut found = Vec::new();
    let mut after = None;
    while let Some(ended) = store.ended(after, 1).unwrap().pop() {
        found.push((ended.at.as_millis(), ended.process.0));
        after = Some(ended);
    }
    assert_eq!(found, [(-20, 2), (20, 4), (20, 6), (30, 1)]);
    write(store, vec![Change::process(Some(over(4, 20)), process(4))]);
    assert_eq!(store.ended(None, 9).unwrap().len(), 3, "what goes on is not over");
}

pub(super) fn what_is_forgotten_is_gone_from_every_list(store: &impl Store) {
    let done = ProcessRecord { status: ProcessStatus::Done, events: 5, ..process(1) };
    // There are enough tasks that a store which keeps several together has some of each kind.
    let tasks: Vec<_> = (1..=20).map(|ordinal| task(1, ordinal)).collect();
    let event = |number| Event::new(ProcessId(1), number, Timestamp::from_millis(5), EventKind::ProcessStarted);
    let mut changes: Vec<_> = tasks.iter().map(|task| put_task(None, task)).collect();
    changes.push(Change::process(None, done.clone()));
    changes.push(Change::process(None, process(2)));
    changes.push(put_task(None, &task(2, 1)));
    let commit = Commit { changes, events: (1..=5).map(event).collect(), ..Commit::default() };
    store.commit(commit).unwrap().wait().unwrap();
    let events =
        || -> Vec<u32> { store.events(ProcessId(1), 0, 10).unwrap().into_iter().map(|event| event.number).collect() };
    write(
        store,
        vec![
            Change::ForgetTasks { old: tasks[..13].to_vec() },
            Change::ForgetEvents { process: ProcessId(1), through: 3 },
        ],
    );
    assert_eq!(store.tasks(ProcessId(1), 0, 100).unwrap(), tasks[13..]);
    assert_eq!(events(), [4, 5]);
    write(
        store,
        vec![
            Change::ForgetTasks { old: tasks[13..].to_vec() },
            Change::ForgetEvents { process: ProcessId(1), through: 5 },
            Change::ForgetProcess { old: Box::new(done) },
        ],
    );
    assert!(store.process(ProcessId(1)).unwrap().is_none());
    assert!(store.task(tasks[3].id).unwrap().is_none() && store.tasks(ProcessId(1), 0, 10).unwrap().is_empty());
    assert!(events().is_empty() && store.ended(None, 10).unwrap().is_empty());
    assert_eq!(all_of(store, &TaskList::Queue(None, None)), [task(2, 1).id]);
    assert_eq!(store.list_processes(&ProcessList::Flow("hello".to_owned()), None, 9).unwrap(), [ProcessId(2)]);
    assert!(store.next_process().unwrap() > ProcessId(2), "its number is not given out again");
}
