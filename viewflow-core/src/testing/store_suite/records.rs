//! Records are read back as they were committed.

use serde_json::json;

use super::{all_of, commit, process, put_row, put_task, row, task, write};
use crate::id::{ProcessId, UserId};
use crate::store::{
    Change, Commit, Event, Expect, IndexEntry, Key, ProcessRecord, RowRecord, ScopeId, ScopeRecord, Store, StoreError,
    TaskList, What, index_key,
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
    let event = |process, number| Event {
        process: ProcessId(process),
        number,
        at: Timestamp::from_millis(5),
        actor: Some(UserId::new("ann")),
        reason: None,
        what: What::TaskFinished { task: number, node: "approve".to_owned() },
        changes: Vec::new(),
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
