//! Stores as files, and back.

use std::cell::RefCell;

use serde_json::{Value, json};
use viewflow_store::*;

fn document(value: Value) -> Document {
    value.as_object().cloned().unwrap_or_default()
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn write(store: &dyn Store, changes: Vec<Change>, events: Vec<Event>) {
    store.commit(Commit { changes, events, ..Commit::default() }).unwrap().wait().unwrap();
}

fn data(id: u64) -> ProcessData {
    ProcessData { seed: json!(id), data: document(json!({"title": "so"})), ..ProcessData::default() }
}

fn process(id: u64) -> ProcessRecord {
    ProcessRecord { tasks: 3, events: 3, scopes: 1, ..ProcessRecord::new(ProcessId(id), "hello", at(5)) }
}

fn task(process: u64, ordinal: u32) -> TaskRecord {
    let id = TaskId { process: ProcessId(process), ordinal };
    TaskRecord::new(id, "hello", "approve", Kind::View, at(1000))
}

/// A process with a task of each sort, scopes and events.
fn put_process(store: &dyn Store, new: ProcessRecord) {
    let id = new.id;
    let what = [
        EventKind::ProcessStarted,
        EventKind::TaskAssigned { task: 1, node: "approve".to_owned(), owner: UserId::new("änn") },
        EventKind::TaskDelayed { task: 2, node: "job".to_owned(), until: at(7), error: "nobody\nthere".to_owned() },
    ];
    let events = (1..).zip(what).map(|(number, what)| Event::new(id, number, at(3), what));
    let assigned = TaskRecord {
        status: TaskStatus::Assigned,
        owner: Some(UserId::new("änn")),
        data: document(json!({"rate": 0.1, "big": u64::MAX, "small": -1e-300, "text": "a\"\n\u{2028}"})),
        timeouts: vec![Timeout { then: "late".to_owned(), at: at(9) }],
        due: Some(at(9)),
        ..task(id.0, 1)
    };
    let job = JobState { attempt: 2, failures: 1, at: Some(at(10)), lost: 1, since: Some(at(9)), until: Some(at(20)) };
    let failed = TaskRecord {
        kind: Kind::Job,
        status: TaskStatus::Error,
        job: Some(job),
        error: Some(TaskError { code: Some("x".to_owned()), message: "no".to_owned() }),
        seed: json!([1, null]),
        ..task(id.0, 2)
    };
    let hears = TaskRecord {
        kind: Kind::SignalCatch,
        scope: 1,
        waits_for: Some(WaitsFor::Signal("gong".to_owned())),
        ..task(id.0, 3)
    };
    let split = Some(("fork".to_owned(), 1));
    let scopes = [
        ScopeRecord { live: 3, ..ScopeRecord::default() },
        ScopeRecord { parent: Some(0), split, live: 1, ..ScopeRecord::default() },
    ];
    let mut changes = vec![Change::process(None, new), Change::Data { process: id, new: Box::new(data(id.0)) }];
    changes.extend([assigned, failed, hears].map(|new| Change::task(None, new)));
    changes.extend(
        (0..)
            .zip(scopes)
            .map(|(number, scope)| Change::Scope { id: ScopeId { process: id, number }, new: Some(scope) }),
    );
    write(store, changes, events.collect());
}

fn row(slug: &str, about: Option<u64>) -> RowRecord {
    let to = |id| Reference { table: "post".to_owned(), id, field: "about".to_owned(), on_delete: OnDelete::SetNone };
    RowRecord {
        data: document(json!({"slug": slug, "about": about})),
        index: vec![
            IndexEntry { field: "slug".to_owned(), value: json!(slug), unique: true },
            IndexEntry { field: "year".to_owned(), value: json!(2024.5), unique: false },
        ],
        references: about.map(to).into_iter().collect(),
        ..RowRecord::default()
    }
}

/// A store with a record of every kind.
fn full() -> MemoryStore {
    let store = MemoryStore::new();
    put_process(&store, process(2));
    put_process(&store, ProcessRecord { parent: Some(task(2, 1).id), ..process(9) });
    let put = |table: &str, id, new| Change::Row { table: table.to_owned(), id, old: None, new };
    let delete = Change::Row { table: "gone".to_owned(), id: 6, old: Some(row("g", None)), new: None };
    write(&store, vec![put("gone", 6, Some(row("g", None)))], Vec::new());
    // The first row refers to one that comes later.
    write(
        &store,
        vec![put("post", 1, Some(row("a", Some(3)))), put("post", 3, Some(row("b", None))), delete],
        Vec::new(),
    );
    write(
        &store,
        vec![Change::Numbers { table: None, last: 30 }, Change::Numbers { table: Some("post".to_owned()), last: 40 }],
        Vec::new(),
    );
    store
}

fn exported(store: &dyn Store) -> String {
    let mut file = Vec::new();
    export(store, &mut file, |_| ()).unwrap();
    String::from_utf8(file).unwrap()
}

fn import_error(text: &str) -> String {
    import(&MemoryStore::new(), text.as_bytes(), |_| ()).unwrap_err().to_string()
}

#[test]
fn a_store_comes_back_as_it_was() {
    let (old, new) = (full(), MemoryStore::new());
    let text = exported(&old);
    let told = RefCell::new(Vec::new());
    let records = import(&new, text.as_bytes(), |done| told.borrow_mut().push(done)).unwrap();
    assert_eq!((records, &told.borrow()[..]), (text.lines().count() as u64 - 2, &[records][..]));
    // The old one has given out a number of each kind for the export, and so has the new one now.
    assert_eq!(exported(&new), text);
    assert_eq!(
        (new.next_process().unwrap(), new.next_row("post").unwrap(), new.next_row("gone").unwrap()),
        (ProcessId(32), 42, 8)
    );
    for process in new.processes(ProcessId(0), 99).unwrap() {
        for task in new.tasks(process.id, 0, 99).unwrap() {
            for (list, _) in task_lists(&task) {
                let of = |store: &MemoryStore| store.list_tasks(&list, None, 99).unwrap();
                assert_eq!(of(&new), of(&old), "{list:?} is made again");
            }
        }
    }
    assert_eq!(new.references("post", 3, 9).unwrap().len(), 1);
    assert!(new.list_tasks(&TaskList::Signal("gong".to_owned()), None, 9).unwrap().len() == 2);
}

#[test]
fn a_large_store_goes_over_in_many_commits_and_tells_how_far_it_is() {
    let (old, new) = (MemoryStore::new(), MemoryStore::new());
    (1..=500).for_each(|id| put_process(&old, process(id)));
    let long = RowRecord { data: document(json!({"text": "x".repeat(300_000)})), ..RowRecord::default() };
    let rows = (1..=10).map(|id| Change::Row { table: "long".to_owned(), id, old: None, new: Some(long.clone()) });
    write(&old, rows.collect(), Vec::new());
    let (mut file, mut written) = (Vec::new(), Vec::new());
    let records = export(&old, &mut file, |done| written.push(done)).unwrap();
    assert_eq!((records, &written[..]), (5_013, &[1000, 2000, 3000, 4000, 5000, 5013][..]));
    let mut read = Vec::new();
    assert_eq!(import(&new, &file[..], |done| read.push(done)).unwrap(), records);
    assert_eq!((read.len(), read.last()), (6, Some(&records)));
    assert!(read.is_sorted());
    let commits = new.table_stamp("long").unwrap();
    assert!((10..20).contains(&commits), "{commits}");
    assert_eq!(exported(&new).len(), file.len());
}

#[test]
fn a_file_that_was_cut_short_is_noticed_wherever_it_was() {
    let text = exported(&full());
    assert!(import_error("").contains("no export"));
    let cut = text.lines().next().unwrap().len();
    for length in (cut + 1..text.len() - 1).step_by(7) {
        if !text.is_char_boundary(length) {
            continue;
        }
        let error = import(&MemoryStore::new(), &text.as_bytes()[..length], |_| ()).unwrap_err();
        assert!(matches!(error, TransferError::CutShort { .. }), "{length}: {error}");
        assert!(error.to_string().contains("start with an empty store"), "{error}");
    }
    let without_newline = text.trim_end();
    import(&MemoryStore::new(), without_newline.as_bytes(), |_| ()).unwrap();
}

#[test]
fn a_line_that_is_wrong_is_told_with_its_number() {
    let text = exported(&full());
    let lines: Vec<&str> = text.lines().collect();
    let with = |number: usize, line: &str| {
        let mut lines = lines.clone();
        lines[number - 1] = line;
        import_error(&lines.join("\n"))
    };
    assert!(with(3, "nonsense").starts_with("line 3 is no record: expected"), "{}", with(3, "nonsense"));
    assert!(with(3, "{\"taks\":{}}").contains("unknown variant `taks`"));
    assert!(with(3, "").starts_with("line 3 is no record"));
    assert!(with(lines.len(), "{\"end\":2}").contains("says that there are 2 records"));
    let process = lines.iter().position(|line| line.starts_with("{\"process\"")).unwrap() + 1;
    assert!(with(process + 1, lines[process - 1]).contains("is process 2 for the second time"));
    assert!(with(process, lines[1]).contains("is the data of no process"));
    assert!(with(process + 2, lines[process]).contains("is the data of no process"));
    assert!(with(process + 3, lines[process + 1]).contains("is task 2/1 of process 2, and is out of order"));
    let elsewhere = lines[process + 1].replace("\"process\":2", "\"process\":3").replace("2/1", "3/1");
    assert_ne!(elsewhere, lines[process + 1]);
    assert!(with(process + 2, &elsewhere).contains("does not follow its process"));
    let row = lines.iter().position(|line| line.starts_with("{\"row\"")).unwrap() + 1;
    let taken = lines[row - 1].replace("\"id\":1,", "\"id\":2,");
    assert_ne!(taken, lines[row - 1]);
    assert!(with(row + 1, &taken).contains("the store did not take lines"), "{}", with(row + 1, &taken));
    assert!(import_error(&format!("{text}{{}}")).contains("comes after the last line"));
    let event = lines.iter().position(|line| line.starts_with("{\"logged\"")).unwrap() + 1;
    let far = lines[event - 1].replace("\"commit\":1", "\"commit\":3");
    assert!(with(event, &far).contains("has its place behind the end of the log, which is 2"), "{}", with(event, &far));
    let nowhere = "{\"event\":{\"process\":2,\"number\":1,\"at\":3,\"what\":\"ProcessStarted\"}}";
    assert!(with(event, nowhere).contains("there are others without one"), "{}", with(event, nowhere));
}

#[test]
fn an_export_of_version_1_is_read_and_its_events_are_logged_as_they_come() {
    let lines = [
        "{\"viewflow\":\"export\",\"version\":1}",
        "{\"numbers\":{\"last\":5}}",
        "{\"process\":{\"id\":2,\"flow\":\"hello\",\"status\":\"New\",\"created\":3,\"data\":{},\"tasks\":0,\"scopes\":0,\"events\":2}}",
        "{\"event\":{\"process\":2,\"number\":1,\"at\":3,\"what\":\"ProcessStarted\"}}",
        "{\"event\":{\"process\":2,\"number\":2,\"at\":4,\"actor\":\"ann\",\"what\":{\"TaskCreated\":{\"task\":1,\"node\":\"approve\"}}}}",
        "{\"end\":4}",
    ];
    let store = MemoryStore::new();
    assert_eq!(import(&store, lines.join("\n").as_bytes(), |_| ()).unwrap(), 4);
    let log = store.log(None, 9).unwrap();
    assert_eq!(log.iter().map(|logged| logged.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(store.events(ProcessId(2), 0, 9).unwrap(), log);
    assert_eq!(store.history(Some(&UserId::new("ann")), None, 9).unwrap(), log[1..]);
    assert!(exported(&store).contains("\"what\":{\"TaskCreated\":"), "the kind of an event keeps its stored name");
}

#[test]
fn exports_of_version_2_have_the_data_of_a_process_in_its_own_line() {
    let lines = [
        "{\"viewflow\":\"export\",\"version\":2}",
        "{\"process\":{\"id\":2,\"flow\":\"hello\",\"status\":\"New\",\"created\":3,\"seed\":7,\"data\":{\"a\":1},\"later\":true,\"tasks\":0,\"scopes\":0,\"events\":0}}",
        "{\"end\":1}",
    ];
    let store = MemoryStore::new();
    assert_eq!(import(&store, lines.join("\n").as_bytes(), |_| ()).unwrap(), 1);
    let data = ProcessData { seed: json!(7), data: document(json!({"a": 1})), ..ProcessData::default() };
    assert_eq!(store.process_data(ProcessId(2)).unwrap(), Some(data));
    let process = store.process(ProcessId(2)).unwrap().unwrap().record;
    assert_eq!(process.unknown, document(json!({"later": true})), "a field that this release does not know is kept");
    assert!(exported(&store).contains("\"later\":true"));
}

#[test]
fn another_version_another_file_and_a_store_that_is_not_empty_are_refused_untouched() {
    let store = MemoryStore::new();
    let error = import(&store, &b"{\"viewflow\":\"export\",\"version\":4}\n"[..], |_| ()).unwrap_err();
    assert!(matches!(error, TransferError::OtherVersion { found: 4 }), "{error}");
    for other in ["{}", "hello", "{\"viewflow\":\"backup\",\"version\":1}"] {
        let error = import(&store, other.as_bytes(), |_| ()).unwrap_err();
        assert!(matches!(error, TransferError::NotAnExport), "{error}");
    }
    assert!(store.tables(None, 1).unwrap().is_empty() && store.next_process().unwrap() == ProcessId(1));
    let text = exported(&full());
    for full in [full(), {
        let store = MemoryStore::new();
        write(&store, vec![Change::Numbers { table: Some("post".to_owned()), last: 1 }], Vec::new());
        store
    }] {
        let before = full.tables(None, 10).unwrap();
        let error = import(&full, text.as_bytes(), |_| ()).unwrap_err();
        assert!(matches!(error, TransferError::NotEmpty { .. }), "{error}");
        assert_eq!(full.tables(None, 10).unwrap(), before);
    }
}
