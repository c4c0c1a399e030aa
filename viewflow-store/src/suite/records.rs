//! Records are read back as they were committed.

use serde_json::json;

use super::{all_of, commit, document, process, put_data, put_row, put_task, row, task, write};
use crate::id::{ProcessId, TaskId, UserId};
use crate::store::{
    Change, Commit, Document, Event, EventKind, Expect, IndexEntry, Key, ProcessData, ProcessRecord, RowRecord,
    ScopeId, ScopeRecord, Store, StoreError, TaskList, TaskRecord, index_key,
};
use crate::time::Timestamp;

pub(super) fn what_is_committed_is_read_back(store: &impl Store) {
    let scope_id = ScopeId { process: ProcessId(1), number: 2 };
    let scope = ScopeRecord { parent: Some(0), split: Some(("fork".to_owned(), 1)), live: 3, ..ScopeRecord::default() };
    write(
        store,
        vec![
            Change::process(None, process(1)),
            put_task(None, &task(1, 1)),
            Change::Scope { id: scope_id, new: Some(scope.clone()) },
            put_row("post", 5, None, Some(row(json!({"title": "x"})))),
        ],
    );
    assert_eq!(store.process(ProcessId(1)).unwrap().unwrap().record, process(1));
    assert_eq!(store.task(task(1, 1).id).unwrap().unwrap(), task(1, 1));
    assert_eq!(store.scope(scope_id).unwrap().unwrap(), scope);
    assert_eq!(store.row("post", 5).unwrap().unwrap().record, row(json!({"title": "x"})));
    write(store, vec![Change::Scope { id: scope_id, new: None }]);
    assert_eq!(store.scope(scope_id).unwrap(), None, "a closed scope is gone");
}

pub(super) fn the_data_of_a_process_is_a_record_of_its_own(store: &impl Store) {
    let data = |id| store.process_data(ProcessId(id)).unwrap();
    write(store, vec![Change::process(None, process(1)), put_task(None, &task(1, 1))]);
    assert_eq!(data(1), Some(ProcessData::default()), "a process that has none has empty data");
    assert_eq!(data(2), None);
    write(store, vec![Change::process(Some(process(1)), process(1)), put_data(1, json!({"approved": true}))]);
    let later = ProcessRecord { tasks: 2, ..process(1) };
    write(store, vec![Change::process(Some(process(1)), later.clone()), put_task(None, &task(1, 2))]);
    let stored = store.process(ProcessId(1)).unwrap().unwrap();
    assert_eq!(stored.record, later);
    assert_eq!(
        data(1).unwrap().data,
        document(json!({"approved": true})),
        "data stays as it is when its process changes"
    );
    assert_eq!(store.tasks(ProcessId(1), 0, 10).unwrap(), [task(1, 1), task(1, 2)]);
    write(store, vec![put_data(1, json!({}))]);
    assert_eq!(data(1), Some(ProcessData::default()));
    write(store, vec![Change::ForgetTasks { old: vec![task(1, 1), task(1, 2)] }]);
    write(store, vec![put_data(1, json!({"approved": false}))]);
    write(store, vec![Change::ForgetProcess { old: Box::new(later) }]);
    assert_eq!(data(1), None, "it is forgotten with its process");
    write(store, vec![Change::process(None, process(1))]);
    assert_eq!(data(1), Some(ProcessData::default()));
}

/// Records of one process, of all lengths: a store may keep several of them together.
pub(super) fn records_grow_and_shrink_beside_each_other(store: &impl Store) {
    let of =
        |ordinal, length: usize| TaskRecord { data: document(json!({"text": "x".repeat(length)})), ..task(1, ordinal) };
    let mut lengths = [0; 20];
    write(store, vec![Change::process(None, process(1))]);
    for (round, length) in [10, 900, 1100, 5000, 20_000, 300, 0, 9000, 990, 1].into_iter().enumerate() {
        let mut changes = vec![put_data(1, json!({"text": "y".repeat(length)}))];
        for (ordinal, now) in (1..).zip(&mut lengths).skip(round % 3).step_by(3) {
            let old = of(ordinal, *now);
            *now = length + usize::try_from(ordinal).unwrap_or(0);
            changes.push(put_task(Some(&old).filter(|_| round > 2), &of(ordinal, *now)));
        }
        write(store, changes);
        let data = store.process_data(ProcessId(1)).unwrap().unwrap();
        assert_eq!(data.data, document(json!({"text": "y".repeat(length)})));
        let wanted = (1..).zip(lengths).filter(|(_, length)| *length > 0).map(|(ordinal, length)| of(ordinal, length));
        let wanted: Vec<_> = wanted.collect();
        assert_eq!(store.tasks(ProcessId(1), 0, 100).unwrap(), wanted);
        for task in wanted {
            assert_eq!(store.task(task.id).unwrap(), Some(task));
        }
    }
}

/// A later release may have written such records.
pub(super) fn fields_that_nobody_knows_are_kept(store: &impl Store) {
    let unknown = document(json!({"later": {"b": [1, null], "a": 0.5}, "zone": "x"}));
    let process = ProcessRecord { unknown: unknown.clone(), ..process(1) };
    let data = ProcessData { unknown: unknown.clone(), ..ProcessData::default() };
    let task = TaskRecord { unknown: unknown.clone(), ..task(1, 1) };
    let (scope, row) = (
        ScopeRecord { unknown: unknown.clone(), ..ScopeRecord::default() },
        RowRecord { unknown: unknown.clone(), ..row(json!({})) },
    );
    let scope_id = ScopeId { process: process.id, number: 0 };
    let event = |number| {
        let event = Event::new(process.id, number, Timestamp::from_millis(5), EventKind::ProcessStarted);
        Event { unknown: if number < 3 { unknown.clone() } else { Document::new() }, ..event }
    };
    let changes = vec![
        Change::process(None, process.clone()),
        Change::Data { process: process.id, new: Box::new(data.clone()) },
        put_task(None, &task),
        Change::Scope { id: scope_id, new: Some(scope.clone()) },
        put_row("post", 1, None, Some(row.clone())),
    ];
    let commit = Commit { changes, events: (1..=4).map(event).collect(), ..Commit::default() };
    store.commit(commit).unwrap().wait().unwrap();
    let events = |from: u32| {
        let found: Vec<Event> = store.events(process.id, 0, 10).unwrap().into_iter().map(|e| e.event).collect();
        assert_eq!(found, (from..=4).map(event).collect::<Vec<_>>());
    };
    assert_eq!(store.process(process.id).unwrap().unwrap().record, process);
    assert_eq!(store.process_data(process.id).unwrap(), Some(data));
    assert_eq!(store.task(task.id).unwrap(), Some(task));
    assert_eq!(store.scope(scope_id).unwrap(), Some(scope));
    assert_eq!(store.row("post", 1).unwrap().unwrap().record, row);
    events(1);
    write(store, vec![Change::ForgetEvents { process: process.id, through: 1 }]);
    events(2);
}

pub(super) fn an_empty_store_has_nothing(store: &impl Store) {
    assert_eq!(store.process(ProcessId(1)).unwrap(), None);
    assert_eq!(store.task(task(1, 1).id).unwrap(), None);
    assert_eq!(store.row("post", 1).unwrap(), None);
    assert!(store.rows("post", 0, 10).unwrap().is_empty());
    assert!(store.nodes(None, 10).unwrap().is_empty());
    assert!(store.events(ProcessId(1), 0, 10).unwrap().is_empty());
    assert!(store.references("post", 1, 10).unwrap().is_empty());
    assert!(all_of(store, &TaskList::Queue(None, None)).is_empty());
}

pub(super) fn a_stale_revision_is_refused_and_nothing_is_changed(store: &impl Store) {
    write(store, vec![Change::process(None, process(1))]);
    let first = store.process(ProcessId(1)).unwrap().unwrap().revision;
    let newer = ProcessRecord { tasks: 1, ..process(1) };
    let relied = || vec![Expect::Revision(Key::Process(ProcessId(1)), Some(first))];
    commit(store, relied(), vec![Change::process(Some(process(1)), newer.clone())]).unwrap();
    let second = store.process(ProcessId(1)).unwrap().unwrap().revision;
    assert_ne!(first, second, "a record that was written has a new revision");
    let late = vec![put_task(None, &task(1, 1)), put_row("post", 1, None, Some(row(json!({}))))];
    assert!(matches!(commit(store, relied(), late), Err(StoreError::Conflict)));
    assert_eq!(store.process(ProcessId(1)).unwrap().unwrap().record, newer);
    assert_eq!(store.task(task(1, 1).id).unwrap(), None);
    assert_eq!(store.row("post", 1).unwrap(), None);
    assert!(all_of(store, &TaskList::Queue(None, None)).is_empty());
}

pub(super) fn a_record_that_should_not_be_there_is_refused(store: &impl Store) {
    let absent = || vec![Expect::Revision(Key::Row("post".to_owned(), 1), None)];
    commit(store, absent(), vec![put_row("post", 1, None, Some(row(json!({}))))]).unwrap();
    let again = commit(store, absent(), vec![put_row("post", 1, None, Some(row(json!({}))))]);
    assert!(matches!(again, Err(StoreError::Conflict)));
    let revision = store.row("post", 1).unwrap().map(|row| row.revision);
    write(store, vec![put_row("post", 1, Some(row(json!({}))), None)]);
    let gone = commit(store, vec![Expect::Revision(Key::Row("post".to_owned(), 1), revision)], Vec::new());
    assert!(matches!(gone, Err(StoreError::Conflict)), "a deleted row has no revision");
}

pub(super) fn events_are_kept_in_order(store: &impl Store) {
    let event = |process, number| {
        let what = EventKind::TaskFinished { task: number, node: "approve".to_owned(), decision: None };
        let actor = Some(UserId::new("ann"));
        Event { actor, ..Event::new(ProcessId(process), number, Timestamp::from_millis(5), what) }
    };
    let events = (1..=300).map(|number| event(1, number)).chain([event(2, 1)]).collect();
    store.commit(Commit { events, ..Commit::default() }).unwrap().wait().unwrap();
    let read = |after, limit| -> Vec<Event> {
        store.events(ProcessId(1), after, limit).unwrap().into_iter().map(|logged| logged.event).collect()
    };
    assert_eq!(read(0, 2), [event(1, 1), event(1, 2)]);
    assert_eq!(read(299, 10), [event(1, 300)]);
    assert_eq!(store.events(ProcessId(1), 0, 1000).unwrap().len(), 300);
}

pub(super) fn long_records_and_strange_names_are_kept(store: &impl Store) {
    let long = row(json!({"text": "ü\0\n".repeat(400_000)}));
    write(
        store,
        vec![put_row("täble\0", 1, None, Some(long.clone())), put_row("täble", 1, None, Some(row(json!({}))))],
    );
    assert_eq!(store.row("täble\0", 1).unwrap().unwrap().record, long);
    assert_eq!(store.rows("täble\0", 0, 10).unwrap().len(), 1);
    assert_eq!(store.rows("täble", 0, 10).unwrap().len(), 1);
}

pub(super) fn a_record_that_becomes_shorter_is_read_whole(store: &impl Store) {
    let mut old = None;
    for length in [20_000_usize, 4_000, 3_000, 0, 9_000, 8_000] {
        let new = row(json!({"text": "x".repeat(length)}));
        write(store, vec![put_row("post", 1, old, Some(new.clone()))]);
        assert_eq!(store.row("post", 1).unwrap().unwrap().record, new);
        old = Some(new);
    }
}

pub(super) fn floats_are_kept_to_the_last_bit(store: &impl Store) {
    let indexed = |value: f64| {
        let entry = IndexEntry { field: "n".to_owned(), value: json!(value), unique: true };
        RowRecord { index: vec![entry], ..row(json!({"n": value})) }
    };
    for (id, value) in (1..).zip([0.907_303_832_202_868_8, 1.0 / 3.0, 5e-324, f64::MAX, -0.0]) {
        write(store, vec![put_row("post", id, None, Some(indexed(value)))]);
        let read = store.row("post", id).unwrap().unwrap().record;
        assert_eq!(read.data["n"].as_f64().map(f64::to_bits), Some(value.to_bits()));
        write(store, vec![put_row("post", id, Some(read), None)]);
        assert!(store.rows_by("post", "n", &index_key(&json!(value)).unwrap_or_default(), 0, 10).unwrap().is_empty());
    }
}

pub(super) fn tasks_of_a_process_come_in_order_and_by_pages(store: &impl Store) {
    let tasks = (1..=20).map(|ordinal| put_task(None, &task(1, ordinal)));
    let others = [put_task(None, &task(2, 1)), put_task(None, &task(0, 7))];
    write(store, tasks.chain(others).collect());
    let ordinals = |after, limit| -> Vec<u32> {
        store.tasks(ProcessId(1), after, limit).unwrap().iter().map(|task| task.id.ordinal).collect()
    };
    assert_eq!(ordinals(0, 100), (1..=20).collect::<Vec<_>>());
    assert_eq!(ordinals(5, 3), [6, 7, 8]);
    assert!(ordinals(20, 3).is_empty());
    assert!(ordinals(u32::MAX, 3).is_empty());
}

pub(super) fn a_task_is_read_with_its_process(store: &impl Store) {
    let changes = (1..=20).map(|ordinal| put_task(None, &task(1, ordinal)));
    write(store, changes.chain([Change::process(None, process(1)), put_data(1, json!({"beside": "them"}))]).collect());
    write(store, vec![put_task(None, &task(2, 1))]);
    let id = |process, ordinal| TaskId { process: ProcessId(process), ordinal };
    for ordinal in [1, 7, 8, 20] {
        let read = store.process_and_task(id(1, ordinal)).unwrap();
        let alone = (store.process(ProcessId(1)).unwrap().unwrap(), Some(task(1, ordinal)));
        assert_eq!(read, Some(alone), "as they are read one by one, with the revision");
    }
    for ordinal in [0, 21, 999] {
        let (_, none) = store.process_and_task(id(1, ordinal)).unwrap().unwrap();
        assert_eq!(none, None, "there is no task {ordinal}");
    }
    assert_eq!(store.process_and_task(id(2, 1)).unwrap(), None, "a task without its process");
    assert_eq!(store.process_and_task(id(3, 1)).unwrap(), None);
}

pub(super) fn tasks_are_read_at_their_places(store: &impl Store) {
    let long = TaskRecord { data: document(json!({"long": "x".repeat(9000)})), ..task(1, 4) };
    let tasks = [task(1, 1), task(1, 2), long, task(1, 20), task(3, 1)];
    write(store, tasks.iter().map(|task| put_task(None, task)).collect());
    write(store, vec![Change::process(None, process(1)), put_data(1, json!({"beside": "them"}))]);
    let ids = [(3, 1), (1, 20), (1, 4), (2, 1), (1, 1), (1, 3), (1, 0), (1, 4), (1, 2)];
    let ids = ids.map(|(process, ordinal)| TaskId { process: ProcessId(process), ordinal });
    let read = store.tasks_at(&ids).unwrap();
    assert_eq!(read, ids.map(|id| tasks.iter().find(|task| task.id == id).cloned()));
    assert_eq!(read, ids.map(|id| store.task(id).unwrap()), "as they are read one by one");
    assert!(store.tasks_at(&[]).unwrap().is_empty());
}

pub(super) fn processes_are_read_at_their_places(store: &impl Store) {
    let processes = [1, 2, 5].map(process);
    write(store, processes.iter().map(|process| Change::process(None, process.clone())).collect());
    write(store, vec![put_task(None, &task(2, 1)), put_data(2, json!({"beside": "it"}))]);
    let ids = [5, 3, 1, 0, 2, 5].map(ProcessId);
    let read = store.processes_at(&ids).unwrap();
    assert_eq!(read, ids.map(|id| processes.iter().find(|process| process.id == id).cloned()));
    assert!(store.processes_at(&[]).unwrap().is_empty());
}

pub(super) fn processes_scopes_and_tables_are_paged(store: &impl Store) {
    let scope = |process, number| ScopeId { process: ProcessId(process), number };
    let put = |id| Change::Scope { id, new: Some(ScopeRecord { live: 1, ..ScopeRecord::default() }) };
    let mut changes: Vec<_> = (1..=3).map(|id| Change::process(None, process(id))).collect();
    changes.extend([(1, 0), (1, 1), (1, 2), (2, 0)].map(|(process, number)| put(scope(process, number))));
    changes.extend(["post", "blog", "täble\0"].map(|table| put_row(table, 1, None, Some(row(json!({}))))));
    write(store, changes);
    let processes = |after, limit| -> Vec<u64> {
        store.processes(ProcessId(after), limit).unwrap().into_iter().map(|process| process.id.0).collect()
    };
    assert_eq!((processes(0, 2), processes(2, 2), processes(3, 2)), (vec![1, 2], vec![3], vec![]));
    let scopes = |after, limit| -> Vec<u32> {
        store.scopes(ProcessId(1), after, limit).unwrap().into_iter().map(|(id, _)| id.number).collect()
    };
    assert_eq!((scopes(None, 2), scopes(Some(1), 2), scopes(Some(2), 2)), (vec![0, 1], vec![2], vec![]));
    let tables = |after, limit| store.tables(after, limit).unwrap();
    assert_eq!(tables(None, 2), ["blog", "post"]);
    assert_eq!(tables(Some("post"), 2), ["täble\0"]);
}
