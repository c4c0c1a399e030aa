//! What every store has to do, as one call.

mod log;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;

use serde_json::json;
use viewflow_graph::Kind;

use crate::data::document::Document;
use crate::id::{ProcessId, TaskId, UserId};
use crate::people::{Candidate, Object, Permission};
use crate::store::OnDelete;
use crate::store::{
    Change, Commit, Cursor, Event, Expect, IndexEntry, Key, NodeName, Order, ProcessList, ProcessRecord, ProcessStatus,
    Reference, RowRecord, ScopeId, ScopeRecord, Store, StoreError, TaskList, TaskRecord, TaskStatus, WaitsFor, What,
    due_sort, index_key,
};
use crate::time::Timestamp;

/// Proves that a store keeps its contract. `open` makes an empty store; it is called for each test.
///
/// ```
/// viewflow_core::testing::store_suite(viewflow_core::MemoryStore::new);
/// ```
///
/// # Panics
/// When the store breaks the contract; the message says in what.
pub fn store_suite<S: Store>(open: impl Fn() -> S) {
    what_is_committed_is_read_back(&open());
    an_empty_store_has_nothing(&open());
    a_stale_revision_is_refused_and_nothing_is_changed(&open());
    a_record_that_should_not_be_there_is_refused(&open());
    a_table_stamp_changes_with_each_of_its_rows(&open());
    tasks_of_a_process_come_in_order_and_by_pages(&open());
    a_task_stands_in_the_lists_of_its_status(&open());
    a_task_stands_in_the_queues_of_its_candidates(&open());
    permissions_that_tasks_take_are_listed_once(&open());
    a_task_stands_in_the_orders_it_has_a_place_in(&open());
    a_task_stands_in_the_lists_of_what_it_waits_for(&open());
    what_is_due_is_listed_by_its_time(&open());
    lists_are_paged_without_gap_or_repetition(&open());
    processes_are_listed_by_flow_and_status(&open());
    sub_processes_are_listed_by_their_parent(&open());
    nodes_with_tasks_are_listed_once(&open());
    rows_are_paged_and_deleted(&open());
    rows_are_found_by_their_indexed_values(&open());
    a_unique_value_has_one_row(&open());
    a_unique_value_can_change_hands_in_one_commit(&open());
    references_are_seen_from_the_other_end(&open());
    a_row_that_is_referred_to_is_not_deleted(&open());
    events_are_kept_in_order(&open());
    long_records_and_strange_names_are_kept(&open());
    a_record_that_becomes_shorter_is_read_whole(&open());
    floats_are_kept_to_the_last_bit(&open());
    a_number_that_a_row_has_is_not_given_out(&open());
    a_copy_gives_out_no_number_of_its_original(&open());
    processes_scopes_and_tables_are_paged(&open());
    what_is_over_is_listed_by_its_end(&open());
    what_is_forgotten_is_gone_from_every_list(&open());
    log::events_are_logged_in_the_order_of_their_commits(&open());
    log::what_happened_is_found_by_time_and_by_person(&open());
    log::what_is_forgotten_is_in_no_log(&open());
    log::a_copy_keeps_the_places_of_its_original(&open());
    numbers_are_given_out_once(&Arc::new(open()));
    no_update_is_lost_among_threads(&Arc::new(open()));
}

fn process(id: u64) -> ProcessRecord {
    let data = document(json!({"approved": true}));
    ProcessRecord { seed: json!(7), data, ..ProcessRecord::new(ProcessId(id), "hello", Timestamp::from_millis(1000)) }
}

fn task(process: u64, ordinal: u32) -> TaskRecord {
    let created = Timestamp::from_millis(1000 + i64::from(ordinal));
    TaskRecord::new(TaskId { process: ProcessId(process), ordinal }, "hello", "approve", Kind::View, created)
}

fn row(value: serde_json::Value) -> RowRecord {
    RowRecord { data: document(value), ..RowRecord::default() }
}

fn indexed(value: &str, unique: bool) -> RowRecord {
    let entry = IndexEntry { field: "slug".to_owned(), value: json!(value), unique };
    RowRecord { index: vec![entry], ..row(json!({"slug": value})) }
}

fn document(value: serde_json::Value) -> Document {
    value.as_object().cloned().unwrap_or_default()
}

fn key(value: &str) -> Vec<u8> {
    index_key(&json!(value)).unwrap_or_default()
}

fn put_row(table: &str, id: u64, old: Option<RowRecord>, new: Option<RowRecord>) -> Change {
    Change::Row { table: table.to_owned(), id, old, new }
}

fn put_task(old: Option<&TaskRecord>, new: &TaskRecord) -> Change {
    Change::task(old.cloned(), new.clone())
}

/// Commits and waits.
fn commit(store: &impl Store, expect: Vec<Expect>, changes: Vec<Change>) -> Result<(), StoreError> {
    store.commit(Commit { expect, changes, ..Commit::default() })?.wait()
}

fn write(store: &impl Store, changes: Vec<Change>) {
    commit(store, Vec::new(), changes).expect("a commit that relies on nothing is taken");
}

fn all_of(store: &impl Store, list: &TaskList) -> Vec<TaskId> {
    store.list_tasks(list, None, 1000).unwrap().into_iter().map(|listed| listed.task).collect()
}

fn node() -> NodeName {
    NodeName { flow: "hello".to_owned(), node: "approve".to_owned() }
}

fn what_is_committed_is_read_back(store: &impl Store) {
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

fn an_empty_store_has_nothing(store: &impl Store) {
    assert_eq!(store.process(ProcessId(1)).unwrap(), None);
    assert_eq!(store.task(task(1, 1).id).unwrap(), None);
    assert_eq!(store.row("post", 1).unwrap(), None);
    assert!(store.rows("post", 0, 10).unwrap().is_empty());
    assert!(store.nodes(None, 10).unwrap().is_empty());
    assert!(store.events(ProcessId(1), 0, 10).unwrap().is_empty());
    assert!(store.references("post", 1, 10).unwrap().is_empty());
    assert!(all_of(store, &TaskList::Queue(None, None)).is_empty());
}

fn a_stale_revision_is_refused_and_nothing_is_changed(store: &impl Store) {
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

fn a_record_that_should_not_be_there_is_refused(store: &impl Store) {
    let absent = || vec![Expect::Revision(Key::Row("post".to_owned(), 1), None)];
    commit(store, absent(), vec![put_row("post", 1, None, Some(row(json!({}))))]).unwrap();
    let again = commit(store, absent(), vec![put_row("post", 1, None, Some(row(json!({}))))]);
    assert!(matches!(again, Err(StoreError::Conflict)));
    let revision = store.row("post", 1).unwrap().map(|row| row.revision);
    write(store, vec![put_row("post", 1, Some(row(json!({}))), None)]);
    let gone = commit(store, vec![Expect::Revision(Key::Row("post".to_owned(), 1), revision)], Vec::new());
    assert!(matches!(gone, Err(StoreError::Conflict)), "a deleted row has no revision");
}

fn a_table_stamp_changes_with_each_of_its_rows(store: &impl Store) {
    let stamp = store.table_stamp("post").unwrap();
    write(store, vec![put_row("other", 1, None, Some(row(json!({}))))]);
    assert_eq!(store.table_stamp("post").unwrap(), stamp, "another table does not matter");
    write(store, vec![put_row("post", 1, None, Some(row(json!({}))))]);
    assert_ne!(store.table_stamp("post").unwrap(), stamp);
    let relied = commit(store, vec![Expect::Table("post".to_owned(), stamp)], Vec::new());
    assert!(matches!(relied, Err(StoreError::Conflict)));
    let stamp = store.table_stamp("post").unwrap();
    write(store, vec![put_row("post", 1, Some(row(json!({}))), None)]);
    assert_ne!(store.table_stamp("post").unwrap(), stamp, "a deleted row counts");
}

fn tasks_of_a_process_come_in_order_and_by_pages(store: &impl Store) {
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

fn a_task_stands_in_the_lists_of_its_status(store: &impl Store) {
    let ann = UserId::new("ann");
    let lists = |status| {
        [
            TaskList::Queue(None, None),
            TaskList::Queue(None, Some(node())),
            TaskList::Inbox(ann.clone(), None),
            TaskList::Inbox(ann.clone(), Some(node())),
            TaskList::Archive(ann.clone(), None),
            TaskList::Archive(ann.clone(), Some(node())),
            TaskList::Status(node(), status),
        ]
    };
    let new = task(1, 1);
    let assigned = TaskRecord { status: TaskStatus::Assigned, owner: Some(ann.clone()), ..new.clone() };
    let done = TaskRecord { status: TaskStatus::Done, finished: Some(Timestamp::from_millis(9)), ..assigned.clone() };
    let stands = |status| lists(status).map(|list| all_of(store, &list).len());
    write(store, vec![put_task(None, &new)]);
    assert_eq!(stands(TaskStatus::New), [1, 1, 0, 0, 0, 0, 1]);
    write(store, vec![put_task(Some(&new), &assigned)]);
    assert_eq!(stands(TaskStatus::Assigned), [0, 0, 1, 1, 0, 0, 1]);
    assert!(all_of(store, &TaskList::Status(node(), TaskStatus::New)).is_empty());
    write(store, vec![put_task(Some(&assigned), &done)]);
    assert_eq!(stands(TaskStatus::Done), [0, 0, 0, 0, 1, 1, 1]);
    let automatic = TaskRecord { kind: Kind::Function, ..task(1, 2) };
    write(store, vec![put_task(None, &automatic)]);
    assert!(all_of(store, &TaskList::Queue(None, None)).is_empty(), "nobody has to do an automatic task");
}

fn may(name: &str, object: Option<u64>) -> Permission {
    let object = object.map(|id| Object::Row { table: "post".to_owned(), id });
    Permission { name: name.to_owned(), object }
}

fn for_candidates(ordinal: u32, candidates: Vec<Candidate>) -> TaskRecord {
    TaskRecord { candidates, ..task(1, ordinal) }
}

fn a_task_stands_in_the_queues_of_its_candidates(store: &impl Store) {
    let [ann, clerks] = [Candidate::User(UserId::new("ann")), Candidate::group("clerks")];
    let [on_one, on_all] = [Some(7), None].map(|object| Candidate::Permission(may("sign", object)));
    let named = for_candidates(1, vec![ann.clone(), clerks.clone()]);
    let permitted = for_candidates(2, vec![on_one.clone()]);
    write(store, vec![put_task(None, &named), put_task(None, &permitted), put_task(None, &task(1, 3))]);
    let queue = |candidate: Option<&Candidate>| -> Vec<u32> {
        [None, Some(node())]
            .map(|node| all_of(store, &TaskList::Queue(candidate.cloned(), node)))
            .concat()
            .iter()
            .map(|id| id.ordinal)
            .collect()
    };
    assert_eq!(queue(None), [3, 3], "a task for some is not for anybody");
    assert_eq!(queue(Some(&ann)), [1, 1]);
    assert_eq!(queue(Some(&clerks)), [1, 1]);
    assert_eq!(queue(Some(&on_one)), [2, 2]);
    assert_eq!(queue(Some(&on_all)), [2, 2], "who may on all objects, may on each");
    let taken = TaskRecord { status: TaskStatus::Assigned, owner: Some(UserId::new("bob")), ..permitted.clone() };
    write(store, vec![put_task(Some(&permitted), &taken)]);
    assert!(queue(Some(&on_one)).is_empty() && queue(Some(&on_all)).is_empty());
}

fn permissions_that_tasks_take_are_listed_once(store: &impl Store) {
    let tasks: Vec<_> = [("sign", Some(7)), ("sign", Some(7)), ("sign", Some(70)), ("si", None), ("pay", Some(7))]
        .into_iter()
        .zip(1..)
        .map(|((name, object), ordinal)| for_candidates(ordinal, vec![Candidate::Permission(may(name, object))]))
        .collect();
    write(store, tasks.iter().map(|task| put_task(None, task)).collect());
    let group = for_candidates(9, vec![Candidate::group("sign"), Candidate::User(UserId::new("sign"))]);
    write(store, vec![put_task(None, &group)]);
    let all = [
        may("pay", None),
        may("pay", Some(7)),
        may("si", None),
        may("sign", None),
        may("sign", Some(7)),
        may("sign", Some(70)),
    ];
    assert_eq!(store.permissions(None, 10).unwrap(), all);
    assert_eq!(store.permissions(Some(&may("si", None)), 2).unwrap(), all[3..5]);
    assert_eq!(store.permissions(Some(&may("sign", Some(7))), 9).unwrap(), all[5..]);
    let done = TaskRecord { status: TaskStatus::Done, ..tasks[3].clone() };
    write(store, vec![put_task(Some(&tasks[3]), &done)]);
    assert!(!store.permissions(None, 10).unwrap().contains(&may("si", None)), "nothing waits for it any more");
}

fn a_task_stands_in_the_orders_it_has_a_place_in(store: &impl Store) {
    let at = |millis| Some(Timestamp::from_millis(millis));
    let [first, second, third, plain] = [
        TaskRecord { due_date: at(300), priority: Some(-5), ..task(1, 1) },
        TaskRecord { due_date: at(100), priority: Some(7), follow_up: at(1), ..task(1, 2) },
        TaskRecord { due_date: at(-200), priority: Some(0), ..task(1, 3) },
        task(1, 4),
    ];
    write(store, [&first, &second, &third, &plain].map(|task| put_task(None, task)).to_vec());
    let sorted = |order, list: &TaskList| -> Vec<u32> {
        let list = TaskList::Sorted(order, Box::new(list.clone()));
        all_of(store, &list).iter().map(|id| id.ordinal).collect()
    };
    for queue in [TaskList::Queue(None, None), TaskList::Queue(None, Some(node()))] {
        assert_eq!(sorted(Order::DueDate, &queue), [3, 2, 1], "the soonest first");
        assert_eq!(sorted(Order::Priority, &queue), [2, 3, 1], "the highest first");
        assert_eq!(sorted(Order::FollowUp, &queue), [2]);
    }
    let ann = UserId::new("ann");
    let taken = TaskRecord { status: TaskStatus::Assigned, owner: Some(ann.clone()), ..second.clone() };
    write(store, vec![put_task(Some(&second), &taken)]);
    assert_eq!(sorted(Order::Priority, &TaskList::Queue(None, None)), [3, 1]);
    assert_eq!(sorted(Order::FollowUp, &TaskList::Inbox(ann, None)), [2]);
}

fn a_task_stands_in_the_lists_of_what_it_waits_for(store: &impl Store) {
    let lists = [
        TaskList::Signal("alarm".to_owned()),
        TaskList::Message("paid".to_owned(), "7".to_owned()),
        TaskList::Conditions(ProcessId(1)),
        TaskList::Watching("post".to_owned()),
        TaskList::Watching("comment".to_owned()),
    ];
    let waits = [
        WaitsFor::Signal("alarm".to_owned()),
        WaitsFor::Message { name: "paid".to_owned(), key: "7".to_owned() },
        WaitsFor::Condition { tables: vec!["post".to_owned()] },
    ];
    let stands = |list: &TaskList| all_of(store, list).into_iter().map(|task| task.ordinal).collect::<Vec<_>>();
    let tasks: Vec<TaskRecord> =
        (1..).zip(waits).map(|(ordinal, wait)| TaskRecord { waits_for: Some(wait), ..task(1, ordinal) }).collect();
    write(store, tasks.iter().map(|task| put_task(None, task)).collect());
    assert_eq!(lists.each_ref().map(stands), [vec![1], vec![2], vec![3], vec![3], vec![]]);
    assert!(stands(&TaskList::Signal("alar".to_owned())).is_empty());
    let scope = TaskList::Scope(ScopeId { process: ProcessId(1), number: 3 });
    let apart = TaskRecord { scope: 3, ..task(1, 5) };
    let inside = TaskRecord { scope: 3, listed: true, status: TaskStatus::Error, ..task(1, 6) };
    write(store, vec![put_task(None, &apart), put_task(None, &inside)]);
    assert_eq!(stands(&scope), [6]);
    assert!(stands(&TaskList::Scope(ScopeId { process: ProcessId(1), number: 4 })).is_empty());
    write(store, vec![put_task(Some(&inside), &TaskRecord { status: TaskStatus::Canceled, ..inside.clone() })]);
    assert!(stands(&scope).is_empty(), "it is open no more");
    assert!(stands(&TaskList::Message("paid".to_owned(), "70".to_owned())).is_empty());
    let moved = WaitsFor::Condition { tables: vec!["comment".to_owned()] };
    let moved = TaskRecord { waits_for: Some(moved), ..tasks[2].clone() };
    write(store, vec![put_task(Some(&tasks[2]), &moved)]);
    assert_eq!(lists.each_ref().map(stands), [vec![1], vec![2], vec![3], vec![], vec![3]]);
    let mut changes = Vec::new();
    for (old, status) in
        [&tasks[0], &tasks[1], &moved].into_iter().zip([TaskStatus::Done, TaskStatus::Canceled, TaskStatus::Error])
    {
        changes.push(put_task(Some(old), &TaskRecord { status, ..old.clone() }));
    }
    write(store, changes);
    assert!(lists.iter().all(|list| stands(list).is_empty()), "what has ended or failed waits for nothing");
}

fn what_is_due_is_listed_by_its_time(store: &impl Store) {
    let at = |ordinal, millis| TaskRecord { due: Some(Timestamp::from_millis(millis)), ..task(1, ordinal) };
    let tasks = [at(1, 5), at(2, -7), at(3, i64::MAX), at(4, 0), at(5, 5)];
    write(store, tasks.iter().map(|task| put_task(None, task)).collect());
    let listed = |after, limit| store.list_tasks(&TaskList::Due, after, limit).unwrap();
    let ordinals = |page: Vec<Cursor>| page.into_iter().map(|listed| listed.task.ordinal).collect::<Vec<_>>();
    assert_eq!(ordinals(listed(None, 10)), [2, 4, 1, 5, 3]);
    let second = listed(None, 2)[1];
    assert_eq!(second.sort, due_sort(Timestamp::from_millis(0)));
    assert_eq!(ordinals(listed(Some(second), 2)), [1, 5]);
    let later = TaskRecord { due: Some(Timestamp::from_millis(6)), ..tasks[1].clone() };
    let done = TaskRecord { status: TaskStatus::Done, ..tasks[0].clone() };
    write(store, vec![put_task(Some(&tasks[1]), &later), put_task(Some(&tasks[0]), &done)]);
    assert_eq!(ordinals(listed(None, 10)), [4, 5, 2, 3]);
}

fn sub_processes_are_listed_by_their_parent(store: &impl Store) {
    let parent = task(1, 2).id;
    let child = |id, parent| ProcessRecord { parent: Some(parent), ..process(id) };
    let all = [process(1), child(2, parent), child(3, task(1, 3).id), child(4, parent)];
    write(store, all.iter().map(|new| Change::process(None, new.clone())).collect());
    let listed = |after, limit| -> Vec<u64> {
        let page = store.list_processes(&ProcessList::Children(parent), after, limit).unwrap();
        page.into_iter().map(|id| id.0).collect()
    };
    assert_eq!((listed(None, 10), listed(Some(ProcessId(2)), 10), listed(None, 1)), (vec![2, 4], vec![4], vec![2]));
    let done = ProcessRecord { status: ProcessStatus::Canceled, ..child(2, parent) };
    write(store, vec![Change::process(Some(child(2, parent)), done.clone())]);
    assert_eq!(listed(None, 10), [2, 4], "also when it has ended");
    assert_eq!(store.process(ProcessId(2)).unwrap().unwrap().record, done);
}

fn lists_are_paged_without_gap_or_repetition(store: &impl Store) {
    let ann = UserId::new("ann");
    let mut expected = Vec::new();
    let mut changes = Vec::new();
    for ordinal in 1..=57_u32 {
        let finished = Timestamp::from_millis(i64::from(ordinal * 37 % 11) - 5);
        let done = TaskRecord {
            status: TaskStatus::Done,
            owner: Some(ann.clone()),
            finished: Some(finished),
            ..task(1, ordinal)
        };
        expected.push((std::cmp::Reverse(finished), done.id));
        changes.push(put_task(None, &done));
    }
    let other = TaskRecord { status: TaskStatus::Done, owner: Some(UserId::new("ann\0x")), ..task(2, 1) };
    changes.push(put_task(None, &other));
    write(store, changes);
    expected.sort();
    let list = TaskList::Archive(ann, None);
    let (mut paged, mut after): (Vec<TaskId>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = store.list_tasks(&list, after, 10).unwrap();
        assert!(page.len() <= 10);
        after = page.last().copied();
        paged.extend(page.iter().map(|listed| listed.task));
        if after.is_none() {
            break;
        }
    }
    assert_eq!(paged, expected.into_iter().map(|(_, id)| id).collect::<Vec<_>>(), "newest first, then by number");
}

fn processes_are_listed_by_flow_and_status(store: &impl Store) {
    let done = ProcessRecord { status: ProcessStatus::Done, ..process(2) };
    let other = ProcessRecord { flow: "other".to_owned(), ..process(3) };
    let all = [process(1), done.clone(), other, process(4)];
    write(store, all.into_iter().map(|new| Change::process(None, new)).collect());
    let listed = |list: ProcessList, after| -> Vec<u64> {
        store.list_processes(&list, after, 2).unwrap().into_iter().map(|id| id.0).collect()
    };
    let flow = || ProcessList::Flow("hello".to_owned());
    assert_eq!(listed(flow(), None), [1, 2]);
    assert_eq!(listed(flow(), Some(ProcessId(2))), [4]);
    assert_eq!(listed(ProcessList::Status("hello".to_owned(), ProcessStatus::New), None), [1, 4]);
    write(store, vec![Change::process(Some(done), process(2))]);
    assert!(listed(ProcessList::Status("hello".to_owned(), ProcessStatus::Done), None).is_empty());
}

fn nodes_with_tasks_are_listed_once(store: &impl Store) {
    let of = |ordinal, flow: &str, node: &str| TaskRecord {
        flow: flow.to_owned(),
        node: node.to_owned(),
        ..task(1, ordinal)
    };
    let tasks = [of(1, "b", "x"), of(2, "a", "y"), of(3, "b", "x"), of(4, "a", "z"), of(5, "ab", "c")];
    write(store, tasks.iter().map(|task| put_task(None, task)).collect());
    let done = TaskRecord { status: TaskStatus::Done, ..of(3, "b", "x") };
    write(store, vec![put_task(Some(&of(3, "b", "x")), &done)]);
    let names = |after: Option<&NodeName>, limit| -> Vec<String> {
        store.nodes(after, limit).unwrap().into_iter().map(|name| format!("{}.{}", name.flow, name.node)).collect()
    };
    assert_eq!(names(None, 10), ["a.y", "a.z", "ab.c", "b.x"]);
    let after = NodeName { flow: "a".to_owned(), node: "y".to_owned() };
    assert_eq!(names(Some(&after), 2), ["a.z", "ab.c"]);
}

fn rows_are_paged_and_deleted(store: &impl Store) {
    write(store, (1..=600).map(|id| put_row("post", id, None, Some(row(json!({"n": id}))))).collect());
    write(store, vec![put_row("pos", 3, None, Some(row(json!({})))), put_row("post2", 3, None, Some(row(json!({}))))]);
    write(store, vec![put_row("post", 2, Some(row(json!({"n": 2}))), None)]);
    let ids =
        |after, limit| -> Vec<u64> { store.rows("post", after, limit).unwrap().iter().map(|(id, _)| *id).collect() };
    assert_eq!(ids(0, 3), [1, 3, 4]);
    assert_eq!(ids(4, 2), [5, 6]);
    assert_eq!(ids(0, 10_000).len(), 599);
    assert!(ids(600, 10).is_empty());
    assert!(ids(u64::MAX, 10).is_empty());
}

fn rows_are_found_by_their_indexed_values(store: &impl Store) {
    let slugs = ["a", "b", "a", "", "a\0b"];
    write(store, (1..).zip(slugs).map(|(id, slug)| put_row("post", id, None, Some(indexed(slug, false)))).collect());
    let by = |slug: &str, after| store.rows_by("post", "slug", &key(slug), after, 10).unwrap();
    assert_eq!(by("a", 0), [1, 3]);
    assert_eq!(by("a", 1), [3]);
    assert_eq!(by("", 0), [4]);
    assert_eq!(by("a\0b", 0), [5]);
    assert!(by("c", 0).is_empty());
    write(store, vec![put_row("post", 1, Some(indexed("a", false)), Some(indexed("c", false)))]);
    assert_eq!((by("a", 0), by("c", 0)), (vec![3], vec![1]));
    write(store, vec![put_row("post", 3, Some(indexed("a", false)), None)]);
    assert!(by("a", 0).is_empty());
}

fn a_unique_value_has_one_row(store: &impl Store) {
    write(store, vec![put_row("post", 1, None, Some(indexed("a", true)))]);
    let taken = commit(store, Vec::new(), vec![put_row("post", 2, None, Some(indexed("a", true)))]);
    assert!(matches!(taken, Err(StoreError::Conflict)));
    assert_eq!(store.row("post", 2).unwrap(), None);
    let both =
        vec![put_row("post", 3, None, Some(indexed("b", true))), put_row("post", 4, None, Some(indexed("b", true)))];
    assert!(matches!(commit(store, Vec::new(), both), Err(StoreError::Conflict)));
    write(store, vec![put_row("other", 2, None, Some(indexed("a", true)))]);
    write(store, vec![put_row("post", 1, Some(indexed("a", true)), Some(indexed("a", true)))]);
    write(store, vec![put_row("post", 1, Some(indexed("a", true)), None)]);
    write(store, vec![put_row("post", 2, None, Some(indexed("a", true)))]);
}

fn a_unique_value_can_change_hands_in_one_commit(store: &impl Store) {
    write(
        store,
        vec![put_row("post", 1, None, Some(indexed("a", true))), put_row("post", 2, None, Some(indexed("b", true)))],
    );
    write(
        store,
        vec![
            put_row("post", 1, Some(indexed("a", true)), Some(indexed("b", true))),
            put_row("post", 2, Some(indexed("b", true)), Some(indexed("a", true))),
        ],
    );
    assert_eq!(store.rows_by("post", "slug", &key("a"), 0, 10).unwrap(), [2]);
    assert_eq!(store.rows_by("post", "slug", &key("b"), 0, 10).unwrap(), [1]);
}

fn references_are_seen_from_the_other_end(store: &impl Store) {
    let to = |table: &str, id| Reference {
        table: table.to_owned(),
        id,
        field: "post".to_owned(),
        on_delete: OnDelete::Cascade,
    };
    let referring = RowRecord { references: vec![to("post", 1)], ..row(json!({"post": 1})) };
    write(
        store,
        vec![
            put_row("comment", 8, None, Some(referring.clone())),
            put_row("comment", 9, None, Some(referring.clone())),
            put_row("comment", 10, None, Some(RowRecord { references: vec![to("post", 2)], ..RowRecord::default() })),
        ],
    );
    assert_eq!(store.references("post", 1, 10).unwrap(), [to("comment", 8), to("comment", 9)]);
    assert_eq!(store.references("post", 1, 1).unwrap(), [to("comment", 8)]);
    write(store, vec![put_row("comment", 8, Some(referring), None)]);
    assert_eq!(store.references("post", 1, 10).unwrap(), [to("comment", 9)]);
}

fn a_row_that_is_referred_to_is_not_deleted(store: &impl Store) {
    let to = Reference { table: "post".to_owned(), id: 1, field: "post".to_owned(), on_delete: OnDelete::Protect };
    let referring = RowRecord { references: vec![to], ..row(json!({"post": 1})) };
    write(
        store,
        vec![put_row("post", 1, None, Some(row(json!({})))), put_row("comment", 1, None, Some(referring.clone()))],
    );
    let delete = || put_row("post", 1, Some(row(json!({}))), None);
    assert!(matches!(commit(store, Vec::new(), vec![delete()]), Err(StoreError::Conflict)));
    assert!(store.row("post", 1).unwrap().is_some());
    write(store, vec![delete(), put_row("comment", 1, Some(referring), None)]);
    assert!(store.row("post", 1).unwrap().is_none());
}

fn events_are_kept_in_order(store: &impl Store) {
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

fn long_records_and_strange_names_are_kept(store: &impl Store) {
    let long = row(json!({"text": "ü\0\n".repeat(400_000)}));
    write(
        store,
        vec![put_row("täble\0", 1, None, Some(long.clone())), put_row("täble", 1, None, Some(row(json!({}))))],
    );
    assert_eq!(store.row("täble\0", 1).unwrap().unwrap().record, long);
    assert_eq!(store.rows("täble\0", 0, 10).unwrap().len(), 1);
    assert_eq!(store.rows("täble", 0, 10).unwrap().len(), 1);
}

fn a_record_that_becomes_shorter_is_read_whole(store: &impl Store) {
    let mut old = None;
    for length in [20_000_usize, 4_000, 3_000, 0, 9_000, 8_000] {
        let new = row(json!({"text": "x".repeat(length)}));
        write(store, vec![put_row("post", 1, old, Some(new.clone()))]);
        assert_eq!(store.row("post", 1).unwrap().unwrap().record, new);
        old = Some(new);
    }
}

fn floats_are_kept_to_the_last_bit(store: &impl Store) {
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

fn a_number_that_a_row_has_is_not_given_out(store: &impl Store) {
    let first = store.next_row("post").unwrap();
    write(store, vec![put_row("post", first + 5, None, Some(row(json!({}))))]);
    assert!(store.next_row("post").unwrap() > first + 5);
}

fn a_copy_gives_out_no_number_of_its_original(store: &impl Store) {
    let numbers = |table: Option<&str>, last| Change::Numbers { table: table.map(str::to_owned), last };
    write(store, vec![numbers(None, 7), numbers(Some("post"), 9), numbers(None, 3), numbers(Some("post"), 2)]);
    assert_eq!((store.next_process().unwrap(), store.next_row("post").unwrap()), (ProcessId(8), 10));
    write(store, vec![Change::process(None, process(20))]);
    assert!(store.next_process().unwrap() > ProcessId(20));
}

fn processes_scopes_and_tables_are_paged(store: &impl Store) {
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

fn what_is_over_is_listed_by_its_end(store: &impl Store) {
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

fn what_is_forgotten_is_gone_from_every_list(store: &impl Store) {
    let done = ProcessRecord { status: ProcessStatus::Done, events: 5, ..process(1) };
    // So many that a store which keeps several together has some of each kind.
    let tasks: Vec<_> = (1..=20).map(|ordinal| task(1, ordinal)).collect();
    let event = |number| Event {
        process: ProcessId(1),
        number,
        at: Timestamp::from_millis(5),
        actor: None,
        reason: None,
        what: What::ProcessStarted,
        changes: Vec::new(),
    };
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

fn numbers_are_given_out_once(store: &Arc<impl Store>) {
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

fn no_update_is_lost_among_threads(store: &Arc<impl Store>) {
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
