//! Each possible inconsistency is found.

use serde_json::json;
use viewflow_graph::Kind;
use viewflow_store::{
    Change, Commit, Event, EventKind, IndexEntry, MemoryStore, OnDelete, ProcessRecord, Reference, RowRecord, ScopeId,
    ScopeRecord, TaskId, TaskRecord, Timeout, Timestamp, WaitsFor, Way,
};

use super::*;

fn now() -> Timestamp {
    Timestamp::from_millis(1000)
}

fn process() -> ProcessRecord {
    ProcessRecord { tasks: 1, events: 1, ..ProcessRecord::new(ProcessId(1), "hello", now()) }
}

fn task(ordinal: u32) -> TaskRecord {
    TaskRecord::new(TaskId { process: ProcessId(1), ordinal }, "hello", "approve", Kind::View, now())
}

fn event(number: u32, kind: EventKind) -> Event {
    Event::new(ProcessId(1), number, now(), kind)
}

fn scope(number: u32, live: u64) -> Change {
    let parent = (number > 0).then_some(0);
    let new = ScopeRecord { parent, live, ..ScopeRecord::default() };
    Change::Scope { id: ScopeId { process: ProcessId(1), number }, new: Some(new) }
}

fn put_process(new: ProcessRecord) -> Change {
    Change::process(Some(process()), new)
}

fn put_task(new: TaskRecord) -> Change {
    Change::task(Some(task(1)), new)
}

fn put_row(id: u64, new: RowRecord) -> Change {
    Change::Row { table: "post".to_owned(), id, old: None, new: Some(new) }
}

fn write(store: &MemoryStore, changes: Vec<Change>, events: Vec<Event>) {
    store.commit(Commit { changes, events, ..Commit::default() }).unwrap().wait().unwrap();
}

/// Returns what is found in a sound store after these commits.
fn found(commits: Vec<Vec<Change>>) -> String {
    let store = MemoryStore::new();
    let row = RowRecord {
        index: vec![IndexEntry { field: "slug".to_owned(), value: json!("a"), unique: true }],
        ..RowRecord::default()
    };
    let sound = vec![
        Change::process(None, process()),
        Change::task(None, task(1)),
        scope(0, 1),
        put_row(1, row),
        put_row(2, refers(1)),
    ];
    write(&store, sound, vec![event(1, EventKind::ProcessStarted)]);
    assert_eq!(inconsistencies(&store), Vec::<String>::new());
    commits.into_iter().for_each(|changes| write(&store, changes, Vec::new()));
    inconsistencies(&store).join("\n")
}

fn refers(to: u64) -> RowRecord {
    let to = Reference { table: "post".to_owned(), id: to, field: "about".to_owned(), on_delete: OnDelete::Protect };
    RowRecord { references: vec![to], ..RowRecord::default() }
}

#[track_caller]
fn expect(complaint: &str, changes: Vec<Change>) {
    expect_after(complaint, vec![changes]);
}

#[track_caller]
fn expect_after(complaint: &str, commits: Vec<Vec<Change>>) {
    let found = found(commits);
    assert!(found.contains(complaint), "`{complaint}` in:\n{found}");
}

#[test]
fn a_process_whose_tokens_do_not_fit_is_told() {
    let done = TaskRecord { status: TaskStatus::Done, ..task(1) };
    expect("process 1 runs and has no open task", vec![put_task(done.clone())]);
    expect("scope 0 of process 1 counts 2 alive, and there are 1", vec![scope(0, 2)]);
    expect(
        "scope 0 of process 1 counts 1 alive, and there are 2",
        vec![scope(1, 0), put_process(ProcessRecord { scopes: 1, ..process() })],
    );
    let over = ProcessRecord { status: ProcessStatus::Done, finished: Some(now()), ..process() };
    expect("process 1 is done and has 1 open tasks", vec![put_process(over.clone())]);
    expect("process 1 is done and has open scopes", vec![put_process(over), put_task(done)]);
    expect("task 1/1 is open, and its scope 7 is not", vec![put_task(TaskRecord { scope: 7, ..task(1) })]);
    expect(
        "process 1 counts 3 tasks that wait for a condition",
        vec![put_process(ProcessRecord { conditions: 3, ..process() })],
    );
}

#[test]
fn what_is_kept_of_the_past_and_is_not_so_is_told() {
    expect(
        "process 1 notes tasks of {\"approve\", \"other\"}",
        vec![put_process(ProcessRecord { nodes: "approve\nother\n".to_owned(), ..process() })],
    );
    expect(
        "task 1/1 is not the end that a token came to last",
        vec![put_process(ProcessRecord { last_end: 1, ..process() })],
    );
    let done = TaskRecord { status: TaskStatus::Done, place: 1, ..task(1) };
    expect("task 1/1 was done at event 1, and the events say None", vec![put_task(done.clone())]);
    let two = || put_process(ProcessRecord { tasks: 2, ..process() });
    let second = TaskRecord { previous: Some(1), ..task(2) };
    let counted = TaskRecord { steps: 2, ..second.clone() };
    expect("task 1/2 counts 2 tasks on the way to it, and it has 1", vec![Change::task(None, counted), two()]);
    let told = Way { done: [("approve".to_owned(), 1)].into(), ..Way::default() };
    let summed_up = TaskRecord { way: Some(Box::new(told)), ..second };
    expect("the way to task 1/2 is noted as", vec![Change::task(None, summed_up.clone()), two()]);
    let found = found(vec![vec![Change::task(None, summed_up), put_task(done), two()]]);
    assert!(!found.contains("the way"), "{found}");
}

#[test]
fn a_task_that_does_not_have_its_last_event_is_told() {
    let created = |number, task| event(number, EventKind::TaskCreated { task, node: "approve".to_owned() });
    let complaints = |noted: [u32; 2]| {
        let store = MemoryStore::new();
        let process = ProcessRecord { tasks: 2, events: 3, ..process() };
        let tasks = [1, 2].map(|ordinal| TaskRecord { event: noted[ordinal as usize - 1], ..task(ordinal) });
        let mut changes = vec![Change::process(None, process), scope(0, 2)];
        changes.extend(tasks.into_iter().map(|task| Change::task(None, task)));
        write(&store, changes, vec![event(1, EventKind::ProcessStarted), created(2, 1), created(3, 2)]);
        inconsistencies(&store)
    };
    assert_eq!(complaints([2, 3]), [""; 0]);
    assert_eq!(complaints([0, 3]), [""; 0], "an earlier release made the first one");
    assert_eq!(complaints([0, 0]), [""; 0], "an earlier release made both");
    let wrong =
        |task, noted, last| format!("task 1/{task} has {noted} as its last event, and the events say Some({last})");
    assert_eq!(complaints([2, 0]), [wrong(2, 0, 3)]);
    assert_eq!(complaints([3, 3]), [wrong(1, 3, 2)]);
    expect(
        "task 1/1 has 1 as its last event, and the events say None",
        vec![put_task(TaskRecord { event: 1, ..task(1) })],
    );
}

#[test]
fn gaps_are_told() {
    expect("process 1 should have 2 tasks and has 1", vec![put_process(ProcessRecord { tasks: 2, ..process() })]);
    expect("process 1 has no task before 1/3", vec![Change::task(None, task(3))]);
    expect("process 1 should have 4 events and has 1", vec![put_process(ProcessRecord { events: 4, ..process() })]);
    let store = MemoryStore::new();
    let finished = || EventKind::TaskFinished { task: 1, node: "approve".to_owned(), decision: None };
    let process = ProcessRecord { events: 4, ..process() };
    let changes = vec![Change::process(None, process), Change::task(None, task(1)), scope(0, 1)];
    write(&store, changes, vec![event(1, EventKind::ProcessStarted), event(3, finished()), event(4, finished())]);
    let expected = ["process 1 has no event before 3", "task 1/1 (`approve`) was finished twice"];
    assert_eq!(inconsistencies(&store), expected);
}

#[test]
fn places_in_lists_that_are_missing_or_too_many_are_told() {
    let other = TaskRecord { node: "other".to_owned(), ..task(1) };
    expect(
        "task 1/1 stands in Queue(None, None) and should not",
        vec![Change::task(None, TaskRecord { status: TaskStatus::Done, ..task(1) })],
    );
    // This task takes the places of the first task in the lists.
    let second = TaskRecord { id: task(2).id, ..other };
    expect("task 1/1 does not stand in Queue(None, None)", vec![Change::task(Some(task(1)), second)]);
    let had = |ordinal| TaskRecord { had: vec![UserId::new("ann")], ..task(ordinal) };
    expect(
        "task 1/1 stands in Part(UserId(\"ann\")) and should not",
        vec![put_task(had(1)), Change::task(None, task(1)), Change::task(None, had(2))],
    );
    let by_ann = |id| ProcessRecord { id: ProcessId(id), started_by: Some(UserId::new("ann")), ..process() };
    expect(
        "process 1 stands in StartedBy(UserId(\"ann\")) and should not",
        vec![put_process(by_ann(1)), Change::process(None, process()), Change::process(None, by_ann(2))],
    );
    let over = |id| ProcessRecord {
        id: ProcessId(id),
        status: ProcessStatus::Done,
        outcome: Some("end".to_owned()),
        ..process()
    };
    expect(
        "process 1 stands in Outcome(\"hello\", \"end\") and should not",
        vec![put_process(over(1)), Change::process(None, process()), Change::process(None, over(2))],
    );
    // It takes no place in a list in which it stands, as it says.
    expect("process 1 does not stand in StartedBy(UserId(\"ann\"))", vec![Change::process(Some(by_ann(1)), by_ann(1))]);
    let renamed = ProcessRecord { flow: "other".to_owned(), ..process() };
    expect(
        "process 1 stands in Status(\"hello\", New) and should not",
        vec![Change::process(None, renamed), Change::process(None, ProcessRecord { id: ProcessId(2), ..process() })],
    );
}

#[test]
fn what_is_waited_for_in_vain_is_told() {
    let at = now();
    let timeout = Timeout { then: "late".to_owned(), at };
    expect(
        "task 1/1 has a time at which nobody looks",
        vec![put_task(TaskRecord { timeouts: vec![timeout], ..task(1) })],
    );
    let waits_for = Some(WaitsFor::Message { name: "paid".to_owned(), key: "7".to_owned() });
    let waits = TaskRecord { waits_for, kind: Kind::MessageCatch, ..task(1) };
    expect("a task waits for the message `paid` 7, and it has no mailbox", vec![put_task(waits)]);
    let due = TaskRecord { due: Some(now()), ..task(1) };
    let other = TaskRecord { id: task(2).id, ..task(1) };
    expect("would never be looked at", vec![put_task(due.clone()), Change::task(Some(due), other)]);
    let host = TaskRecord { kind: Kind::Subprocess, status: TaskStatus::Started, children: 2, ..task(1) };
    expect("task 1/1 counts 2 open sub-processes, and there are 0", vec![put_task(host.clone())]);
    let left = TaskRecord { children: 0, ..host };
    expect("task 1/1 has no open sub-process, and does not go on", vec![put_task(left.clone())]);
    let forgotten = TaskRecord { catch_up: true, ..left };
    expect("task 1/1 has a time at which nobody looks", vec![put_task(forgotten)]);
    let heard = TaskRecord { kind: Kind::SignalCatch, message: Some(viewflow_store::Document::new()), ..task(1) };
    expect("task 1/1 has heard its signal, and does not go on", vec![put_task(heard)]);
}

#[test]
fn a_scope_that_is_joined_twice_is_told() {
    let join = |ordinal| TaskRecord { kind: Kind::Join, around: Some(1), status: TaskStatus::Done, ..task(ordinal) };
    let changes = [2, 3].map(|ordinal| Change::task(None, join(ordinal)));
    expect("task 1/3 joins a scope that another task has joined", changes.into());
}

#[test]
fn rows_that_do_not_fit_are_told() {
    expect("row 9 of `post` is missing, and row 3 of `post` refers to it in `about`", vec![put_row(3, refers(9))]);
    expect("row 1 of `post` does not know rightly who refers to it", vec![put_row(2, RowRecord::default())]);
    let taken = RowRecord {
        index: vec![IndexEntry { field: "slug".to_owned(), value: json!("b"), unique: true }],
        ..RowRecord::default()
    };
    // The index keeps what it was not told to remove.
    let forgets = vec![put_row(4, RowRecord::default()), put_row(3, taken.clone())];
    expect_after("row 3 of `post` is not alone with its `slug`", vec![vec![put_row(4, taken)], forgets]);
}
