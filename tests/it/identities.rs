//! People, processes, tasks and points in time as fields.

use jiff::Timestamp as Jiff;
use proptest::prelude::*;
use serde_json::{Value, json};
use viewflow::field::{FieldType, ValueKind};
use viewflow::nodes::Node;
use viewflow::prelude::*;
use viewflow::{Document, Timestamp};

use crate::support::{complaints, on_every_store, user};

#[derive(Entity, Clone, Debug)]
pub struct Reviewer {
    #[id]
    pub id: Id<Reviewer>,
    #[field(unique, max_length = 5, pattern = "[a-z]+")]
    pub person: UserId,
    #[field(index)]
    pub last: Option<TaskId>,
}

#[derive(Form, Clone, Debug)]
pub struct Ask {
    pub by: UserId,
    pub of: ProcessId,
    pub task: Option<TaskId>,
    #[field(max = Timestamp::from_millis(10_000))]
    pub since: Timestamp,
    pub others: Vec<UserId>,
}

#[derive(Process, Clone, Debug)]
pub struct Review {
    #[field(column, index)]
    pub by: UserId,
    #[field(column, index)]
    pub of: ProcessId,
    #[field(column, index)]
    pub task: TaskId,
    #[field(column, index, default = Timestamp::from_millis(0))]
    pub since: Timestamp,
    pub others: Vec<UserId>,
}

#[derive(Message, Clone, Debug)]
#[message(key = of)]
pub struct Answer {
    pub of: ProcessId,
    pub at: Timestamp,
}

#[derive(Flow)]
#[flow(process = Review)]
pub struct ReviewFlow {
    #[form(Ask)]
    #[submit(Self::ask)]
    #[next(look)]
    start: Start,

    #[fields(by, of, task, since)]
    #[assign(|a| a.process.by.clone())]
    #[next(answer)]
    look: View,

    #[message(Answer, key = |a| a.process.of)]
    #[call(Self::answered)]
    #[next(end)]
    answer: MessageCatch,

    end: End,
}

impl ReviewFlow {
    fn ask(&self, a: &mut Activation<Self, ()>, form: Ask) -> Result<()> {
        a.process.by = form.by;
        a.process.of = form.of;
        a.process.since = form.since;
        a.process.others = form.others;
        if let Some(task) = form.task {
            a.process.task = task;
        }
        Ok(())
    }

    fn answered(&self, a: &mut Activation<Self, ()>, answer: Answer) -> Result<()> {
        a.process.since = answer.at;
        Ok(())
    }
}

fn sent(value: Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn on_engines(test: impl Fn(&Engine)) {
    on_every_store(|store| test(&Engine::builder(store).flow(ReviewFlow::new()).build().unwrap()));
}

fn ask(engine: &Engine, value: Value) -> Result<ProcessId> {
    engine.desk(&user("ann")).start(&ReviewFlow::start.full_name(), &sent(value))
}

#[test]
fn people_processes_tasks_and_points_in_time_are_sent_stored_found_and_waited_for() {
    on_engines(|engine| {
        let first = ask(engine, json!({"by": "bob", "of": 7, "since": "1970-01-01T00:00:01.5Z", "others": ["ann"]}));
        let first = engine.process::<ReviewFlow>(first.unwrap()).unwrap();
        let none = TaskId { process: ProcessId(0), ordinal: 0 };
        assert_eq!((&first.by, first.of, first.task), (&user("bob"), ProcessId(7), none));
        assert_eq!((first.since, first.others.as_slice()), (Timestamp::from_millis(1500), &[user("ann")][..]));

        let task = TaskId { process: first.id, ordinal: 2 };
        let second = json!({"by": "eve", "of": first.id.0, "task": task.to_string(), "since": "1970-01-01T01:00:02+01:00",
            "others": []});
        let second = engine.process::<ReviewFlow>(ask(engine, second).unwrap()).unwrap();
        assert_eq!((second.of, second.task, second.since), (first.id, task, Timestamp::from_millis(2000)));
        let ids = |found: Vec<ProcessOf<Review>>| found.iter().map(|process| process.id).collect::<Vec<_>>();
        let all = || engine.processes::<ReviewFlow>();
        assert_eq!(ids(all().by(Review::BY_BY, user("eve")).unwrap()), [second.id]);
        assert_eq!(ids(all().by(Review::BY_OF, ProcessId(7)).unwrap()), [first.id]);
        assert_eq!(ids(all().by(Review::BY_TASK, task).unwrap()), [second.id]);
        assert_eq!(ids(all().by(Review::BY_SINCE, Timestamp::from_millis(1500)).unwrap()), [first.id]);

        let look = json!({"by": "bob", "of": 7, "task": task.to_string(), "since": "1970-01-01T00:00:01.5Z"});
        let open = engine.inbox(&user("bob")).of(ReviewFlow::look).first().unwrap();
        engine.desk(&user("bob")).execute(open.id, &sent(look)).unwrap();
        engine.send(&Answer { of: ProcessId(7), at: Timestamp::from_millis(-1) }).unwrap();
        engine.run_pending().unwrap();
        let done = engine.process::<ReviewFlow>(first.id).unwrap();
        assert_eq!((done.status, done.since), (ProcessStatus::Done, Timestamp::from_millis(-1)));
    });
}

#[test]
fn what_is_no_person_process_task_or_point_in_time_is_told_at_its_field() {
    on_engines(|engine| {
        let wrong = json!({"by": " ", "of": -1, "task": "7", "since": "1970-01-01", "others": ["ann", 1]});
        assert_eq!(
            complaints(ask(engine, wrong)),
            [
                "by: is required",
                "of: must be the number of a process",
                "others.1: must be the name of a person",
                "since: must be a point in time such as 2026-11-22T13:45:00Z",
                "task: must be a task such as 7/3: its process, and its number within it",
            ]
        );
        let late = json!({"by": "bob", "of": 1, "since": "1970-01-01T00:00:11Z", "others": []});
        assert_eq!(complaints(ask(engine, late)), ["since: must be at most 1970-01-01T00:00:10Z"]);
        let reviewer = |person: &str| Reviewer { id: Id::NEW, person: user(person), last: None };
        let insert = |person: &str| engine.transaction(|db| db.table().insert(reviewer(person)));
        insert("ann").unwrap();
        assert!(matches!(insert("ann"), Err(Error::NotUnique { .. })));
        assert_eq!(
            complaints(insert("ann b.")),
            ["person: must not be longer than 5 (it is 6 long)", "person: must look like `[a-z]+`"]
        );
        let found = |db: &viewflow::Db| db.table::<Reviewer>().by(Reviewer::BY_PERSON, user("ann")).count();
        assert_eq!(engine.transaction(found).unwrap(), 1);
    });
}

#[test]
fn a_page_knows_what_kinds_of_fields_they_are_and_reads_what_was_typed() {
    on_engines(|engine| {
        let form = engine.desk(&user("ann")).start_form(&ReviewFlow::start.full_name()).unwrap();
        let [by, of, task, since, _] = form.fields.as_slice() else { panic!("five fields") };
        assert!(by.kind == ValueKind::User && of.kind == ValueKind::Process);
        assert!(task.kind == ValueKind::Task && since.kind == ValueKind::Timestamp);
        assert_eq!(by.value_from_text("bob").unwrap(), json!("bob"));
        assert_eq!(of.value_from_text(" 18446744073709551615").unwrap(), json!(u64::MAX));
        assert_eq!(of.value_from_text("x").unwrap_err(), "must be a whole number");
        assert_eq!(task.value_from_text("7/3").unwrap(), json!("7/3"));
    });
}

#[test]
fn a_draft_keeps_what_it_fits() {
    on_engines(|engine| {
        ask(engine, json!({"by": "bob", "of": 7, "since": "1970-01-01T00:00:00Z", "others": []})).unwrap();
        let task = engine.inbox(&user("bob")).of(ReviewFlow::look).first().unwrap();
        let draft = sent(json!({"by": "eve", "of": "eight", "task": "1/2"}));
        engine.desk(&user("bob")).draft(task.id, &draft).unwrap();
        let form = engine.desk(&user("bob")).form(task.id).unwrap();
        let values: Vec<_> = form.fields.iter().map(|field| field.value.clone()).collect();
        assert_eq!(values, [json!("eve"), json!(7), json!("1/2"), json!("1970-01-01T00:00:00Z")]);
    });
}

#[test]
fn a_point_in_time_is_read_in_every_spelling_of_rfc_3339_and_in_no_other() {
    let read = |text: &str| Timestamp::decode(&json!(text)).ok().map(Timestamp::as_millis);
    for text in [
        "2026-11-22T13:45:00Z",
        "2026-11-22t13:45:00z",
        "2026-11-22 13:45:00.0009999999999Z",
        "2026-11-22T14:45:00+01:00",
        "2026-11-22T00:45:00-13:00",
        "2026-11-22T14:45:00+01:00[Europe/Berlin]",
        "2026-11-22T13:45:00-00:00",
    ] {
        assert_eq!(read(text), Some(1_795_355_100_000), "{text}");
    }
    assert_eq!(read("2026-12-31T23:59:60Z"), read("2026-12-31T23:59:59Z"), "a leap second");
    assert_eq!(read("2024-02-29T00:00:00Z"), Some(1_709_164_800_000));
    for text in [
        "",
        "2026-11-22",
        "2026-11-22T13:45:00",
        "2026-11-22T13:45Z",
        "2026-02-29T00:00:00Z",
        "2026-00-10T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-04-00T00:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T13:60:00Z",
        "2026-11-22T13:45:61Z",
        "2026-11-22T13:45:00.Z",
        "2026-11-22T13:45:00Zx",
        "2026-11-22T13:45:00+1:00",
        "2026-11-22T13:45:00+26:00",
        "2026-11-22T13:45:00Z[",
        "2026-11-22T13:45:00Z[a]b",
        "２０２６-11-22T13:45:00Z",
        "+2026-11-22T13:45:00Z",
        "2026-11-22T13:45:00[Europe/Berlin]",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
    for beyond in [i64::MIN, i64::MAX, 253_402_300_800_000, -377_705_116_800_001] {
        let refused = Timestamp::from_millis(beyond).encode().unwrap_err();
        assert_eq!(refused, format!("is {beyond} ms from 1970, which is beyond the year 9999"));
    }
}

proptest! {
    #[test]
    fn points_in_time_are_written_as_jiff_writes_them_and_read_by_each(
        millis in -377_705_023_201_000..=253_402_207_200_000_i64,
        round in prop::sample::select(vec![1, 10, 1000, 60_000, 86_400_000]),
        offset in -25 * 60..25 * 60_i32,
    ) {
        let millis = millis / round * round;
        let (ours, theirs) = (Timestamp::from_millis(millis), Jiff::from_millisecond(millis).unwrap());
        let text = ours.encode().unwrap();
        prop_assert_eq!(&text, &theirs.encode().unwrap());
        prop_assert_eq!(Timestamp::decode(&text), Ok(ours));
        let there = theirs.display_with_offset(jiff::tz::Offset::from_seconds(offset * 60).unwrap()).to_string();
        prop_assert_eq!(Timestamp::decode(&json!(there)), Ok(ours));
    }

    #[test]
    fn any_text_is_a_point_in_time_or_none(text in "[-+0-9TZ:.\\[\\]]{0,30}|.*") {
        if let Ok(read) = Timestamp::decode(&json!(text)) {
            prop_assert_eq!(Timestamp::decode(&read.encode().unwrap()), Ok(read));
        }
    }

    #[test]
    fn people_processes_and_tasks_survive(name: String, process: u64, ordinal: u32) {
        let (person, process) = (UserId::new(name), ProcessId(process));
        let task = TaskId { process, ordinal };
        prop_assert_eq!(UserId::decode(&person.encode().unwrap()), Ok(person));
        prop_assert_eq!(ProcessId::decode(&process.encode().unwrap()), Ok(process));
        prop_assert_eq!(TaskId::decode(&task.encode().unwrap()), Ok(task));
    }
}
