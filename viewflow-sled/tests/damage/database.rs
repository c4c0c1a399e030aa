//! The database that is damaged, and everything that can be asked of it.

use std::fmt::Debug;

use serde_json::{Value, json};
use viewflow_store::{
    Change, Commit, Cursor, Document, Event, EventKind, HistoryCursor, IndexEntry, Kind, LogCursor, NodeName, OnDelete,
    ProcessData, ProcessId, ProcessList, ProcessRecord, ProcessStatus, Reference, RowRecord, ScopeId, ScopeRecord,
    Store, StoreResult, TablePart, TaskId, TaskList, TaskRecord, TaskStatus, Timestamp, UserId, WaitsFor, Watched,
    index_key,
};

const PROCESSES: u64 = 200;
const AUTHORS: u64 = 7;
/// The last commits are durable one by one, the commits before them together.
const ONE_BY_ONE: u64 = 15;

/// A question to the store, and the answer.
pub(crate) type Answer = (String, StoreResult<String>);

/// Fills an empty store in some hundred commits that write, change, close and delete.
pub(crate) fn build(store: &dyn Store) {
    let authors = (1..=AUTHORS).map(|id| put_row("author", id, None, Some(author(id)))).collect();
    commit(store, authors, Vec::new(), true);
    for id in 1..=PROCESSES {
        let wait = id + ONE_BY_ONE > PROCESSES;
        begin(store, id, wait);
        if id % 2 == 1 {
            go_on(store, id, wait);
        }
        if id.is_multiple_of(9) {
            commit(store, vec![put_row("post", id, Some(post(id, id % 2)), None)], Vec::new(), wait);
        }
    }
    // Once the last of these commits is durable, all commits before it are.
    commit(store, vec![put_row("note", 1, None, Some(author(1)))], Vec::new(), true);
}

fn commit(store: &dyn Store, changes: Vec<Change>, events: Vec<Event>, wait: bool) {
    let receipt = store.commit(Commit { changes, events, ..Commit::default() }).unwrap();
    if wait {
        receipt.wait().unwrap();
    }
}

fn begin(store: &dyn Store, id: u64, wait: bool) {
    let mut changes = vec![
        Change::process(None, process(id, 3)),
        put_data(id, 3),
        Change::Scope { id: scope(id, 0), new: Some(ScopeRecord { live: 3, ..ScopeRecord::default() }) },
        Change::Scope { id: scope(id, 1), new: Some(ScopeRecord { parent: Some(0), ..ScopeRecord::default() }) },
        put_row("post", id, None, Some(post(id, 0))),
    ];
    changes.extend(tasks(id).into_iter().map(|new| Change::task(None, new)));
    commit(store, changes, (1..=3).map(|number| event(id, number)).collect(), wait);
}

fn go_on(store: &dyn Store, id: u64, wait: bool) {
    let mut tasks = tasks(id);
    let old = tasks.swap_remove(0);
    let done = TaskRecord {
        status: TaskStatus::Done,
        owner: Some(UserId::new("ann")),
        finished: Some(at(5000 + id)),
        ..old.clone()
    };
    let changes = vec![
        Change::process(Some(process(id, 3)), process(id, 4)),
        put_data(id, 4),
        Change::task(Some(old), done),
        Change::Scope { id: scope(id, 1), new: None },
        put_row("post", id, Some(post(id, 0)), Some(post(id, 1))),
    ];
    commit(store, changes, vec![event(id, 4)], wait);
}

/// Most texts are short; some take several pieces.
fn text(id: u64) -> String {
    let length = match id {
        100 => 60_000,
        id if id.is_multiple_of(20) => 11_000,
        _ => 80,
    };
    format!("text {id} ").chars().cycle().take(length).collect()
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(millis).unwrap())
}

fn document(value: Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn scope(process: u64, number: u32) -> ScopeId {
    ScopeId { process: ProcessId(process), number }
}

fn process(id: u64, events: u32) -> ProcessRecord {
    let parent = id.is_multiple_of(5).then_some(TaskId { process: ProcessId(1), ordinal: 1 });
    let status = if events == 4 && id.is_multiple_of(3) { ProcessStatus::Done } else { ProcessStatus::New };
    let new = ProcessRecord::new(ProcessId(id), if id.is_multiple_of(4) { "bill" } else { "hello" }, at(id));
    ProcessRecord { parent, status, events, tasks: 3, scopes: 2, ..new }
}

fn put_data(id: u64, events: u32) -> Change {
    let data = document(json!({"text": text(id), "step": events}));
    Change::Data { process: ProcessId(id), new: Box::new(ProcessData { data, ..ProcessData::default() }) }
}

/// Three tasks: one is unassigned, one waits for something, one belongs to bob or cid.
fn tasks(process: u64) -> Vec<TaskRecord> {
    let new = |ordinal, node, kind, status| {
        let id = TaskId { process: ProcessId(process), ordinal };
        let data = document(json!({"text": text(process + u64::from(ordinal))}));
        TaskRecord { status, data, ..TaskRecord::new(id, "hello", node, kind, at(process)) }
    };
    let waits_for = match process % 3 {
        0 => WaitsFor::Signal("go".to_owned()),
        1 => WaitsFor::Message { name: "paid".to_owned(), key: (process % 10).to_string() },
        _ => WaitsFor::Condition { tables: vec!["post".to_owned()], reads: None },
    };
    let waiting = new(2, "wait", Kind::MessageCatch, TaskStatus::New);
    let owned = new(3, "sign", Kind::View, TaskStatus::Assigned);
    let user = if process.is_multiple_of(2) { "bob" } else { "cid" };
    vec![
        new(1, "check", Kind::View, TaskStatus::New),
        TaskRecord { due: Some(at(9000 - process)), waits_for: Some(waits_for), listed: true, scope: 1, ..waiting },
        TaskRecord { owner: Some(UserId::new(user)), ..owned },
    ]
}

fn event(process: u64, number: u32) -> Event {
    let what = EventKind::TaskCreated { task: number, node: "check".to_owned() };
    Event { actor: Some(UserId::new("ann")), ..Event::new(ProcessId(process), number, at(process), what) }
}

fn author(id: u64) -> RowRecord {
    RowRecord { data: document(json!({"name": format!("author {id}")})), ..RowRecord::default() }
}

fn post(id: u64, version: u64) -> RowRecord {
    let entry = |field: &str, value, unique| IndexEntry { field: field.to_owned(), value, unique };
    let author = id % AUTHORS + 1;
    let reference =
        Reference { table: "author".to_owned(), id: author, field: "author".to_owned(), on_delete: OnDelete::Protect };
    RowRecord {
        data: document(json!({"text": text(id), "version": version})),
        index: vec![entry("slug", slug(id, version), true), entry("author", json!(author), false)],
        references: vec![reference],
        ..RowRecord::default()
    }
}

fn slug(id: u64, version: u64) -> Value {
    json!(format!("post-{id}-{version}"))
}

fn put_row(table: &str, id: u64, old: Option<RowRecord>, new: Option<RowRecord>) -> Change {
    Change::Row { table: table.to_owned(), id, old, new }
}

/// Everything that the store has, record by record and list by list.
pub(crate) fn answers(store: &dyn Store) -> Vec<Answer> {
    let mut answers = Vec::new();
    records(store, &mut answers);
    rows(store, &mut answers);
    lists(store, &mut answers);
    // The store may skip numbers, but must not give out a number that is in use.
    let above = store.next_process().map(|id| id.0 > PROCESSES);
    add(&mut answers, "whether the next process has a new number", above);
    let above = store.next_row("post").map(|id| id > PROCESSES / 9 * 9);
    add(&mut answers, "whether the next row has a new number", above);
    answers
}

fn add(answers: &mut Vec<Answer>, question: impl Into<String>, answer: StoreResult<impl Debug>) {
    answers.push((question.into(), answer.map(|answer| format!("{answer:?}"))));
}

fn records(store: &dyn Store, answers: &mut Vec<Answer>) {
    // One more than exist, because a missing process is an answer, too.
    for number in 1..=PROCESSES + 1 {
        let id = ProcessId(number);
        add(answers, format!("process {id}"), store.process(id));
        add(answers, format!("the data of process {id}"), store.process_data(id));
        for ordinal in 1..=4 {
            let id = TaskId { process: id, ordinal };
            add(answers, format!("task {id}"), store.task(id));
        }
        add(answers, format!("the tasks of process {id}"), store.tasks(id, 0, 100));
        for scope in [scope(number, 0), scope(number, 1)] {
            add(answers, format!("scope {scope:?}"), store.scope(scope));
            add(answers, format!("tasks in {scope:?}"), store.list_tasks(&TaskList::Scope(scope), None, 100));
        }
        let waiting = store.list_tasks(&TaskList::Conditions(id), None, 100);
        add(answers, format!("conditions of process {id}"), waiting);
        add(answers, format!("events of process {id}"), store.events(id, 0, 100));
    }
}

fn rows(store: &dyn Store, answers: &mut Vec<Answer>) {
    for id in 1..=PROCESSES + 1 {
        add(answers, format!("row {id}"), store.row("post", id));
        for slug in [slug(id, 0), slug(id, 1)] {
            let found = store.rows_by("post", "slug", &index_key(&slug).unwrap(), 0, 10);
            add(answers, format!("rows by {slug}"), found);
        }
    }
    for id in 1..=AUTHORS {
        add(answers, format!("references to author {id}"), store.references("author", id, 1000));
        let found = store.rows_by("post", "author", &index_key(&json!(id)).unwrap(), 0, 1000);
        add(answers, format!("rows by author {id}"), found);
    }
    for table in ["post", "author", "note", "nothing"] {
        add(answers, format!("rows of `{table}`"), store.rows(table, 0, 1000));
    }
    add(answers, "rows of `post` after 90", store.rows("post", 90, 10));
}

fn lists(store: &dyn Store, answers: &mut Vec<Answer>) {
    let node = |node: &str| NodeName { flow: "hello".to_owned(), node: node.to_owned() };
    let mut lists = vec![
        TaskList::Due,
        TaskList::Signal("go".to_owned()),
        TaskList::Watching(Watched { table: "post".to_owned(), part: TablePart::All }),
    ];
    lists.extend((0..10).map(|key: u64| TaskList::Message("paid".to_owned(), key.to_string())));
    for name in [None, Some(node("check")), Some(node("sign"))] {
        lists.push(TaskList::Queue(None, name.clone()));
        for user in ["ann", "bob", "cid"].map(UserId::new) {
            lists.push(TaskList::Part(user.clone()));
            lists.push(TaskList::Inbox(user.clone(), name.clone()));
            lists.push(TaskList::Archive(user, name.clone()));
        }
    }
    for status in [TaskStatus::New, TaskStatus::Assigned, TaskStatus::Done] {
        lists.extend(["check", "wait", "sign"].map(|name| TaskList::Status(node(name), status)));
    }
    let middle = Cursor { sort: (1 << 63) + 50, task: TaskId { process: ProcessId(50), ordinal: 1 } };
    for list in lists {
        add(answers, format!("{list:?}"), store.list_tasks(&list, None, 1000));
        add(answers, format!("{list:?} after a place"), store.list_tasks(&list, Some(middle), 7));
    }
    let mut lists = vec![ProcessList::Children(TaskId { process: ProcessId(1), ordinal: 1 })];
    for flow in ["hello", "bill"] {
        let statuses = [ProcessStatus::New, ProcessStatus::Done, ProcessStatus::Failed];
        lists.extend(statuses.map(|status| ProcessList::Status(flow.to_owned(), status)));
        lists.push(ProcessList::Flow(flow.to_owned()));
    }
    for list in lists {
        add(answers, format!("{list:?}"), store.list_processes(&list, None, 1000));
        add(answers, format!("{list:?} after 50"), store.list_processes(&list, Some(ProcessId(50)), 7));
    }
    add(answers, "nodes", store.nodes(None, 100));
    add(answers, "the log", store.log(None, 1000));
    add(answers, "the log after commit 50", store.log(Some(LogCursor::behind(50)), 7));
    for user in [None, Some(UserId::new("ann")), Some(UserId::new("bob"))] {
        add(answers, format!("what {user:?} did"), store.history(user.as_ref(), None, 1000));
        let before = Some(HistoryCursor::at(at(50)));
        add(answers, format!("what {user:?} did before"), store.history(user.as_ref(), before, 7));
    }
}
