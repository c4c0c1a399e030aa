//! The limits of the contract: a store keeps everything within them, and refuses everything else.

use serde_json::{Value, json};

use super::{all_of, commit, document, put_row, put_task, row, task, write};
use crate::id::{ProcessId, UserId};
use crate::people::{Candidate, Object, Permission};
use crate::store::{
    Change, Commit, Event, EventKind, IndexEntry, MAX_INDEX_KEY, MAX_KEY, MAX_RECORD_DEPTH, NodeName, OnDelete, Order,
    ProcessData, Reads, Reference, RowRecord, Store, StoreError, TablePart, TaskList, TaskRecord, WaitsFor, Watched,
    index_key,
};
use crate::time::Timestamp;

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, level| if level % 2 == 0 { json!([inner]) } else { json!({ "a": inner }) })
}

/// Returns changes with nested JSON, in each place of a record that can hold JSON. The value has this many levels.
fn with_nested(depth: usize) -> Vec<Change> {
    // The record is around a value, and also the document if the value is in one.
    let (value, field) = (nested(depth - 1), document(json!({"x": nested(depth - 2)})));
    let of_process = |data| Change::Data { process: ProcessId(1), new: Box::new(data) };
    let of_task = |record| Change::task(None, record);
    vec![
        of_process(ProcessData { data: field.clone(), ..ProcessData::default() }),
        of_process(ProcessData { seed: value.clone(), ..ProcessData::default() }),
        of_process(ProcessData { artifact: value.clone(), ..ProcessData::default() }),
        of_task(TaskRecord { data: field.clone(), ..task(1, 1) }),
        of_task(TaskRecord { draft: Some(field.clone()), ..task(1, 1) }),
        of_task(TaskRecord { message: Some(field.clone()), ..task(1, 1) }),
        of_task(TaskRecord { seed: value.clone(), ..task(1, 1) }),
        of_task(TaskRecord { artifact: value, ..task(1, 1) }),
        put_row("post", 1, None, Some(RowRecord { data: field, ..row(json!({})) })),
    ]
}

pub(super) fn what_is_nested_is_kept_to_a_depth_and_refused_below_it(store: &impl Store) {
    let too_large = |change: Change| {
        let also = put_row("other", 1, None, Some(row(json!({}))));
        let refused = commit(store, Vec::new(), vec![also, change]);
        assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{refused:?}");
    };
    with_nested(MAX_RECORD_DEPTH + 1).into_iter().for_each(too_large);
    with_nested(1000).into_iter().for_each(too_large);
    assert_eq!(store.process(ProcessId(1)).unwrap(), None);
    assert_eq!(store.task(task(1, 1).id).unwrap(), None);
    assert!(store.rows("post", 0, 10).unwrap().is_empty() && store.rows("other", 0, 10).unwrap().is_empty());
    for change in with_nested(MAX_RECORD_DEPTH) {
        write(store, vec![change.clone()]);
        match change {
            Change::Process { new, .. } => assert_eq!(store.process(new.id).unwrap().unwrap().record, *new),
            Change::Task { new, .. } => assert_eq!(store.task(new.id).unwrap(), Some(*new)),
            Change::Row { table, id, new, .. } => assert_eq!(store.row(&table, id).unwrap().map(|row| row.record), new),
            _ => {}
        }
    }
}

/// Returns tasks and rows whose texts in one key have this length together, each with the list that contains it.
fn found_by(length: usize) -> Vec<(TaskRecord, TaskList)> {
    let of_node = |left: usize| NodeName { flow: "f".repeat(60), node: "n".repeat(left - 60) };
    let of = |node: &NodeName, ordinal| TaskRecord {
        flow: node.flow.clone(),
        node: node.node.clone(),
        priority: Some(1),
        due_date: Some(Timestamp::from_millis(0)),
        ..task(1, ordinal)
    };
    let sorted = |list| TaskList::Sorted(Order::DueDate, Box::new(list));
    let object = Object::Row { table: "t".repeat(40), id: u64::MAX };
    let may = Permission { name: "p".repeat(100), object: Some(object) };
    let by_permission = of_node(length - 140);
    let person = UserId::new("\0".repeat(50));
    let by_owner = of_node(length - 100);
    let had = UserId::new("h".repeat(length - 61));
    let waits = |waits_for, ordinal| TaskRecord { waits_for: Some(waits_for), ..task(1, ordinal) };
    let (name, key) = ("m".repeat(50), "k".repeat(length - 50));
    let watched = Watched { table: "t".repeat(length), part: TablePart::Key(u64::MAX) };
    let reads = Reads { watched: vec![watched.clone()], steps: false };
    vec![
        (
            TaskRecord { candidates: vec![Candidate::Permission(may.clone())], ..of(&by_permission, 1) },
            sorted(TaskList::Queue(Some(Candidate::Permission(may)), Some(by_permission))),
        ),
        (
            TaskRecord { barred: vec![person.clone()], ..of(&by_owner, 6) },
            sorted(TaskList::Barred(person.clone(), Some(by_owner.clone()))),
        ),
        (
            TaskRecord { owner: Some(person.clone()), status: crate::store::TaskStatus::Assigned, ..of(&by_owner, 2) },
            sorted(TaskList::Inbox(person, Some(by_owner))),
        ),
        (TaskRecord { had: vec![had.clone()], ..of(&of_node(61), 7) }, TaskList::Part(had)),
        (waits(WaitsFor::Message { name: name.clone(), key: key.clone() }, 3), TaskList::Message(name, key)),
        (waits(WaitsFor::Signal("s".repeat(length)), 4), TaskList::Signal("s".repeat(length))),
        (waits(WaitsFor::Condition { tables: Vec::new(), reads: Some(reads) }, 5), TaskList::Watching(watched)),
    ]
}

pub(super) fn keys_are_kept_to_a_length_and_refused_beyond_it(store: &impl Store) {
    for (record, list) in found_by(MAX_KEY + 1) {
        let refused = commit(store, Vec::new(), vec![put_task(None, &record)]);
        assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{refused:?}");
        assert!(all_of(store, &list).is_empty());
    }
    for (record, list) in found_by(MAX_KEY) {
        write(store, vec![put_task(None, &record)]);
        assert_eq!(all_of(store, &list), [record.id]);
        assert_eq!(store.task(record.id).unwrap(), Some(record));
    }
    let by = |actor: usize| {
        let actor = UserId::new("a".repeat(actor));
        let event = Event::new(ProcessId(1), 1, Timestamp::from_millis(0), EventKind::ProcessStarted);
        let event = Event { actor: Some(actor.clone()), ..event };
        let events = vec![event];
        let taken = store.commit(Commit { events, ..Commit::default() }).and_then(crate::store::Receipt::wait);
        (taken, store.history(Some(&actor), None, 10).unwrap().len())
    };
    let (refused, found) = by(MAX_KEY + 1);
    assert!(matches!(refused, Err(StoreError::TooLarge { .. })) && found == 0, "{refused:?}");
    let (taken, found) = by(MAX_KEY);
    assert!(taken.is_ok() && found == 1, "{taken:?}");
}

pub(super) fn rows_are_found_by_keys_of_a_length_and_refused_beyond_it(store: &impl Store) {
    let indexed = |table: usize, value: &Value| {
        let entry = IndexEntry { field: "slug".to_owned(), value: value.clone(), unique: false };
        (("t".repeat(table)), RowRecord { index: vec![entry], ..row(json!({})) })
    };
    let (long, longest) = (json!("v".repeat(256)), json!("v".repeat(255)));
    let room = MAX_INDEX_KEY - "slug".len() - 256;
    for (table, value) in [(1, &long), (room + 1, &longest), (MAX_KEY, &json!("v".repeat(40)))] {
        let (table, new) = indexed(table, value);
        let refused = commit(store, Vec::new(), vec![put_row(&table, 1, None, Some(new))]);
        assert!(matches!(refused, Err(StoreError::KeyTooLong { .. })), "{refused:?}");
        assert!(store.rows(&table, 0, 10).unwrap().is_empty());
    }
    let (table, new) = indexed(room, &longest);
    write(store, vec![put_row(&table, 1, None, Some(new))]);
    let key = index_key(&longest).unwrap_or_default();
    assert_eq!(store.rows_by(&table, "slug", &key, 0, 10).unwrap(), [1]);

    let refers = |field: usize| {
        let to = Reference { table: "u".repeat(100), id: 7, field: "f".repeat(field), on_delete: OnDelete::Protect };
        let referred = put_row(&to.table, 7, None, Some(row(json!({}))));
        let refers = RowRecord { references: vec![to], ..row(json!({})) };
        commit(store, Vec::new(), vec![referred, put_row(&"t".repeat(100), 1, None, Some(refers))])
    };
    let refused = refers(MAX_KEY - 199);
    assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{refused:?}");
    refers(MAX_KEY - 200).unwrap();
    assert_eq!(store.references(&"u".repeat(100), 7, 10).unwrap().len(), 1);
    let refused = commit(store, Vec::new(), vec![put_row(&"t".repeat(MAX_KEY + 1), 1, None, Some(row(json!({}))))]);
    assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{refused:?}");
    write(store, vec![put_row(&"t".repeat(MAX_KEY), 1, None, Some(row(json!({}))))]);
    assert_eq!(store.rows(&"t".repeat(MAX_KEY), 0, 10).unwrap().len(), 1);
}
