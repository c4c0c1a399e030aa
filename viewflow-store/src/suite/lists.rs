//! Tasks and processes are in the lists that their records call for.

use viewflow_graph::Kind;

use super::{all_of, node, process, put_task, task, write};
use crate::id::{ProcessId, TaskId, UserId};
use crate::people::{Candidate, Object, Permission};
use crate::store::{
    Change, Cursor, MAX_KEY, NodeName, Order, ProcessList, ProcessRecord, ProcessStatus, Reads, ScopeId, Store,
    TablePart, TaskList, TaskRecord, TaskStatus, WaitsFor, Watched, due_sort,
};
use crate::time::Timestamp;

pub(super) fn a_task_stands_in_the_lists_of_its_status(store: &impl Store) {
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

pub(super) fn a_task_stands_in_the_queues_of_its_candidates(store: &impl Store) {
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

pub(super) fn a_task_stands_among_those_that_somebody_may_not_take(store: &impl Store) {
    let [ann, bob] = ["ann", "bob"].map(UserId::new);
    let barred = TaskRecord { barred: vec![ann.clone(), bob.clone()], priority: Some(3), ..task(1, 1) };
    let group = TaskRecord { barred: vec![ann.clone()], candidates: vec![Candidate::group("clerks")], ..task(1, 2) };
    write(store, [&barred, &group, &task(1, 3)].map(|task| put_task(None, task)).to_vec());
    let stands = |user: &UserId| -> Vec<Vec<u32>> {
        let list = |node| TaskList::Barred(user.clone(), node);
        let sorted = |order| TaskList::Sorted(order, Box::new(list(Some(node()))));
        let lists = [list(None), list(Some(node())), sorted(Order::Priority), sorted(Order::DueDate)];
        lists.iter().map(|list| all_of(store, list).iter().map(|id| id.ordinal).collect()).collect()
    };
    assert_eq!(stands(&ann), [vec![1, 2], vec![1, 2], vec![1], vec![]]);
    assert_eq!(stands(&bob), [vec![1], vec![1], vec![1], vec![]]);
    let entry = |list| store.list_tasks(&list, None, 1).unwrap();
    let places = [TaskList::Barred(ann.clone(), None), TaskList::Queue(None, None)].map(entry);
    assert_eq!(places[0], places[1], "at the place that it has in a queue");
    let taken = TaskRecord { status: TaskStatus::Assigned, owner: Some(UserId::new("eve")), ..barred.clone() };
    let suspended = TaskRecord { suspended: true, ..group.clone() };
    write(store, vec![put_task(Some(&barred), &taken), put_task(Some(&group), &suspended)]);
    assert_eq!(stands(&ann), [[0; 0]; 4], "nobody may take it");
}

pub(super) fn permissions_that_tasks_take_are_listed_once(store: &impl Store) {
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
    let flow = char::MAX.to_string().repeat(MAX_KEY);
    let last = Object::Process { flow, id: ProcessId(u64::MAX) };
    let last = Permission { name: "pay".to_owned(), object: Some(last) };
    assert_eq!(store.permissions(Some(&last), 9).unwrap(), all[2..], "after a place that no permission has");
    let done = TaskRecord { status: TaskStatus::Done, ..tasks[3].clone() };
    write(store, vec![put_task(Some(&tasks[3]), &done)]);
    assert!(!store.permissions(None, 10).unwrap().contains(&may("si", None)), "nothing waits for it now");
}

pub(super) fn a_task_stands_in_the_orders_it_has_a_place_in(store: &impl Store) {
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

fn watching(table: &str, part: TablePart) -> TaskList {
    TaskList::Watching(Watched { table: table.to_owned(), part })
}

/// A condition that has noted its reads is only in the lists of what it read. Otherwise it is in the lists of its
/// tables and of its process.
pub(super) fn a_condition_stands_in_the_lists_of_what_it_read(store: &impl Store) {
    let parts = [TablePart::All, TablePart::Row(7), TablePart::Row(8), TablePart::Key(7)];
    let waits = |process, tables: &[&str], reads| {
        let tables = tables.iter().map(|table| (*table).to_owned()).collect();
        TaskRecord { waits_for: Some(WaitsFor::Condition { tables, reads }), ..task(process, 1) }
    };
    let reads = |parts: &[TablePart], steps| {
        let watched = parts.iter().map(|part| Watched { table: "post".to_owned(), part: *part }).collect();
        Some(Reads { watched, steps })
    };
    let tasks = [
        waits(3, &["post"], None),
        waits(2, &["post"], reads(&[TablePart::Row(7), TablePart::Key(7)], false)),
        waits(1, &["post"], reads(&[TablePart::Row(7), TablePart::All], true)),
        waits(4, &[], reads(&[], false)),
    ];
    write(store, tasks.iter().map(|task| put_task(None, task)).collect());
    let stand = |list: &TaskList| all_of(store, list).into_iter().map(|task| task.process.0).collect::<Vec<_>>();
    let found = parts.map(|part| stand(&watching("post", part)));
    assert_eq!(found, [vec![1, 3], vec![1, 2], vec![], vec![2]], "by process");
    assert!(stand(&watching("pos", TablePart::All)).is_empty());
    let restless = [1, 2, 3, 4].map(|process| stand(&TaskList::Restless(ProcessId(process))).len());
    assert_eq!(restless, [1, 0, 1, 0]);
    let conditions = [1, 2, 3, 4].map(|process| stand(&TaskList::Conditions(ProcessId(process))).len());
    assert_eq!(conditions, [1; 4]);
    let after = Cursor { sort: 2, task: TaskId { process: ProcessId(2), ordinal: 0 } };
    let from_two = store.list_tasks(&watching("post", TablePart::Row(7)), Some(after), 10).unwrap();
    assert_eq!(from_two.iter().map(|listed| listed.task.process.0).collect::<Vec<_>>(), [2]);
    write(store, tasks.iter().map(|old| put_task(Some(old), &TaskRecord { suspended: true, ..old.clone() })).collect());
    assert!(parts.iter().all(|part| stand(&watching("post", *part)).is_empty()));
    assert!(stand(&TaskList::Restless(ProcessId(1))).is_empty());
}

pub(super) fn a_task_stands_in_the_lists_of_what_it_waits_for(store: &impl Store) {
    let lists = [
        TaskList::Signal("alarm".to_owned()),
        TaskList::Message("paid".to_owned(), "7".to_owned()),
        TaskList::Conditions(ProcessId(1)),
        watching("post", TablePart::All),
        watching("comment", TablePart::All),
    ];
    let waits = [
        WaitsFor::Signal("alarm".to_owned()),
        WaitsFor::Message { name: "paid".to_owned(), key: "7".to_owned() },
        WaitsFor::Condition { tables: vec!["post".to_owned()], reads: None },
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
    let moved = WaitsFor::Condition { tables: vec!["comment".to_owned()], reads: None };
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

pub(super) fn open_tasks_are_listed_by_process(store: &impl Store) {
    // The clock was set back between them.
    let [first, second] = [12, 3].map(|ordinal| TaskRecord { created: Timestamp::from_millis(7), ..task(1, ordinal) });
    let set_back = TaskRecord { created: Timestamp::from_millis(-7), ..task(1, 13) };
    let suspended = TaskRecord { suspended: true, kind: Kind::Function, ..task(1, 4) };
    let over = [TaskStatus::Done, TaskStatus::Canceled, TaskStatus::Revived];
    let over = over.into_iter().zip(5..).map(|(status, ordinal)| TaskRecord { status, ..task(1, ordinal) });
    let all = [first.clone(), second, set_back, suspended, task(2, 1)].into_iter().chain(over);
    write(store, all.map(|task| put_task(None, &task)).collect());
    let open = |process| {
        let open = all_of(store, &TaskList::Open(ProcessId(process)));
        open.into_iter().map(|task| task.ordinal).collect::<Vec<_>>()
    };
    assert_eq!((open(1), open(2)), (vec![3, 4, 12, 13], vec![1]), "in the order in which they were made");
    let failed = TaskRecord { status: TaskStatus::Error, ..first.clone() };
    write(store, vec![put_task(Some(&first), &failed)]);
    assert_eq!(open(1), [3, 4, 12, 13], "one that failed is open");
    write(store, vec![put_task(Some(&failed), &TaskRecord { status: TaskStatus::Canceled, ..failed.clone() })]);
    assert_eq!(open(1), [3, 4, 13]);
}

pub(super) fn what_was_done_at_a_node_of_a_process_is_listed_newest_first(store: &impl Store) {
    let done = |process, ordinal| TaskRecord { status: TaskStatus::Done, ..task(process, ordinal) };
    let of = |kind, task: TaskRecord| TaskRecord { kind, ..task };
    let elsewhere = TaskRecord { node: "approve_all".to_owned(), ..done(1, 20) };
    let all = [
        done(1, 1),
        done(1, 300),
        of(Kind::Function, done(1, 2)),
        task(1, 3),
        of(Kind::If, done(1, 4)),
        of(Kind::Subprocess, task(1, 5)),
        of(Kind::NSubprocess, TaskRecord { status: TaskStatus::Canceled, ..task(1, 6) }),
        done(2, 7),
        elsewhere,
    ];
    write(store, all.iter().map(|task| put_task(None, task)).collect());
    let past = || {
        let past = all_of(store, &TaskList::Past(ProcessId(1), node()));
        past.into_iter().map(|task| task.ordinal).collect::<Vec<_>>()
    };
    assert_eq!(
        past(),
        [300, 6, 5, 2, 1],
        "what leads tokens does nothing, and a sub-process is asked for whatever becomes of it"
    );
    write(store, vec![put_task(Some(&all[1]), &TaskRecord { status: TaskStatus::Canceled, ..all[1].clone() })]);
    write(store, vec![put_task(Some(&all[3]), &done(1, 3))]);
    assert_eq!(past(), [6, 5, 3, 2, 1]);
}

pub(super) fn what_somebody_takes_part_in_is_listed_by_process(store: &impl Store) {
    let [ann, bob] = ["ann", "bob"].map(UserId::new);
    let owned = |process, ordinal| TaskRecord { owner: Some(ann.clone()), ..task(process, ordinal) };
    let all = [
        TaskRecord { status: TaskStatus::Assigned, suspended: true, ..owned(1, 300) },
        TaskRecord { kind: Kind::StartHandle, status: TaskStatus::Done, ..owned(1, 1) },
        TaskRecord { status: TaskStatus::Canceled, ..owned(2, 7) },
        TaskRecord { owner: Some(bob.clone()), delegated_by: Some(ann.clone()), ..task(9, 2) },
        TaskRecord { had: vec![ann.clone(), bob.clone()], ..task(9, 1) },
        TaskRecord { owner: Some(UserId::new("ann\0x")), candidates: vec![Candidate::User(ann.clone())], ..task(5, 1) },
        TaskRecord { kind: Kind::Function, ..task(6, 1) },
    ];
    write(store, all.iter().map(|task| put_task(None, task)).collect());
    let list = TaskList::Part(ann.clone());
    let page = |after: Option<(u64, u32)>, limit| -> Vec<(u64, u32)> {
        let place = |(process, ordinal)| Cursor::of_part(TaskId { process: ProcessId(process), ordinal });
        let page = store.list_tasks(&list, after.map(place), limit).unwrap();
        page.into_iter().map(|listed| (listed.task.process.0, listed.task.ordinal)).collect()
    };
    assert_eq!(page(None, 10), [(9, 1), (9, 2), (2, 7), (1, 1), (1, 300)], "the newest process first");
    assert_eq!((page(Some((2, 0)), 1), page(Some((5, 0)), 1)), (vec![(2, 7)], vec![(2, 7)]), "just before a process");
    assert_eq!(page(Some((9, u32::MAX)), 1), [(2, 7)], "and just after it");
    assert_eq!(all_of(store, &TaskList::Part(bob.clone())).len(), 2);
    let passed = TaskRecord { owner: Some(bob.clone()), had: vec![ann.clone()], ..all[2].clone() };
    let left = TaskRecord { had: Vec::new(), ..all[4].clone() };
    write(store, vec![put_task(Some(&all[2]), &passed), put_task(Some(&all[4]), &left)]);
    assert_eq!(page(None, 10), [(9, 2), (2, 7), (1, 1), (1, 300)]);
    write(store, vec![Change::ForgetTasks { old: all[..2].iter().rev().cloned().collect() }]);
    assert_eq!(page(None, 10), [(9, 2), (2, 7)]);
}

pub(super) fn what_is_due_is_listed_by_its_time(store: &impl Store) {
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

pub(super) fn sub_processes_are_listed_by_their_parent(store: &impl Store) {
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
    assert_eq!(store.list_processes(&ProcessList::OpenChildren(parent), None, 10).unwrap(), [ProcessId(4)]);
    assert_eq!(store.process(ProcessId(2)).unwrap().unwrap().record, done);
}

pub(super) fn lists_are_paged_without_gap_or_repetition(store: &impl Store) {
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

pub(super) fn processes_are_listed_by_flow_and_status(store: &impl Store) {
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

pub(super) fn processes_are_listed_by_starter_and_outcome_newest_first(store: &impl Store) {
    let [ann, bob] = ["ann", "bob"].map(UserId::new);
    let by = |person: &UserId, id| ProcessRecord { started_by: Some(person.clone()), ..process(id) };
    let over = |status, outcome: &str, of| ProcessRecord { status, outcome: Some(outcome.to_owned()), ..of };
    let other = ProcessRecord { flow: "other".to_owned(), ..by(&ann, 400) };
    let all = [
        by(&ann, 1),
        over(ProcessStatus::Done, "refused", by(&ann, 2)),
        over(ProcessStatus::Failed, "refused", by(&bob, 3)),
        over(ProcessStatus::Done, "refused", ProcessRecord { parent: Some(task(1, 1).id), ..by(&ann, 4) }),
        over(ProcessStatus::Done, "refused", other),
        over(ProcessStatus::Done, "accepted", process(6)),
        over(ProcessStatus::New, "accepted", by(&ann, 7)),
    ];
    write(store, all.iter().map(|new| Change::process(None, new.clone())).collect());
    let page = |list: &ProcessList, after: Option<u64>, limit| -> Vec<u64> {
        let listed = store.list_processes(list, after.map(ProcessId), limit).unwrap();
        listed.into_iter().map(|id| id.0).collect()
    };
    let started = ProcessList::StartedBy(ann.clone());
    assert_eq!(page(&started, None, 9), [400, 7, 2, 1], "without sub-processes");
    assert_eq!((page(&started, Some(400), 2), page(&started, Some(3), 9)), (vec![7, 2], vec![2, 1]));
    assert_eq!((page(&started, Some(1), 9), page(&started, None, 0)), (vec![], vec![]));
    let with = |status| ProcessList::StartedByWith(ann.clone(), status);
    let outcome = |outcome: &str| ProcessList::Outcome("hello".to_owned(), outcome.to_owned());
    assert_eq!(page(&with(ProcessStatus::Done), None, 9), [400, 2]);
    assert_eq!(page(&with(ProcessStatus::New), Some(7), 9), [1]);
    assert_eq!(page(&outcome("refused"), None, 9), [4, 3, 2], "however they ended, and sub-processes, too");
    assert_eq!(page(&outcome("refused"), Some(4), 1), [3]);
    assert_eq!(page(&outcome("accepted"), None, 9), [6], "none that runs");
    assert!([started.clone(), with(ProcessStatus::New), outcome("refused")].iter().all(ProcessList::is_newest_first));
    let changes = [
        (0, over(ProcessStatus::Canceled, "accepted", by(&ann, 1))),
        (1, over(ProcessStatus::Done, "accepted", by(&ann, 2))),
        (6, over(ProcessStatus::New, "accepted", by(&bob, 7))),
    ];
    write(store, changes.map(|(old, new)| Change::process(Some(all[old].clone()), new)).into());
    assert_eq!(page(&started, None, 9), [400, 2, 1]);
    assert_eq!(page(&with(ProcessStatus::New), None, 9), [0; 0]);
    assert_eq!((page(&outcome("refused"), None, 9), page(&outcome("accepted"), None, 9)), (vec![4, 3], vec![6, 2, 1]));
    write(store, vec![Change::ForgetProcess { old: Box::new(all[5].clone()) }]);
    assert_eq!(page(&outcome("accepted"), None, 9), [2, 1]);
}

pub(super) fn nodes_with_tasks_are_listed_once(store: &impl Store) {
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
        store.nodes(after, limit).unwrap().into_iter().map(|name| name.to_string()).collect()
    };
    assert_eq!(names(None, 10), ["a.y", "a.z", "ab.c", "b.x"]);
    let after = NodeName { flow: "a".to_owned(), node: "y".to_owned() };
    assert_eq!(names(Some(&after), 2), ["a.z", "ab.c"]);
}
