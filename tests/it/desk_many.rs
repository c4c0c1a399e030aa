//! Many tasks and starts at once, at the desk: they come to what they come to one by one.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;
use viewflow::desk::{Acted, TaskCommand};
use viewflow::prelude::*;
use viewflow::{Document, NodeName, Store};
use viewflow_testing::{CountingStore, inconsistencies};

use crate::support::{Names, boss, manual, on_every_store, user};

#[derive(Process, Clone, Debug)]
pub struct Claim {
    #[field(max = 700)]
    pub amount: u32,
    pub note: Option<String>,
}

#[derive(Form, Clone, Debug)]
pub struct Decision {
    #[field(max_length = 5)]
    pub note: String,
}

#[derive(Flow)]
#[flow(process = Claim, name = "claim")]
pub struct ClaimFlow {
    #[fields(amount)]
    #[next(check)]
    start: Start,

    #[form(Decision)]
    #[submit(Self::decide)]
    #[next(book)]
    check: View,

    #[call(Self::enter)]
    #[next(end)]
    book: Function,

    end: End,
}

impl ClaimFlow {
    fn decide(&self, a: &mut Activation<Self, ()>, decision: Decision) -> Result<()> {
        a.process.note = Some(decision.note);
        Ok(())
    }

    /// Fails after the task before it is done, so that something has to be taken back.
    fn enter(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        if a.process.note.as_deref() == Some("burn") { Err(Error::msg("it is burnt")) } else { Ok(()) }
    }
}

fn start() -> NodeName {
    NodeName::new("claim", "start")
}

fn form(value: serde_json::Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn engine_over(store: Arc<dyn Store>) -> Engine {
    manual(store).0.people(Names).flow(ClaimFlow::new()).build().unwrap()
}

/// The claims of these amounts, and their open tasks.
fn claims(engine: &Engine, amounts: impl IntoIterator<Item = u32>) -> Vec<TaskId> {
    let forms: Vec<Document> = amounts.into_iter().map(|amount| form(json!({"amount": amount}))).collect();
    let started = engine.desk(&boss()).start_all(&start(), &forms).unwrap();
    started.into_iter().map(|process| TaskId { process, ordinal: 2 }).collect()
}

fn note(note: &str) -> TaskCommand {
    TaskCommand::Execute { form: form(json!({"note": note})) }
}

/// Everything that a store holds of processes: records, tasks and events.
fn held(store: &dyn Store) -> Vec<String> {
    let mut lines = Vec::new();
    for process in store.processes(ProcessId(0), usize::MAX).unwrap() {
        lines.push(format!("{process:?} {:?}", store.process_data(process.id).unwrap()));
        lines.extend(store.tasks(process.id, 0, usize::MAX).unwrap().iter().map(|task| format!("{task:?}")));
        let events = store.events(process.id, 0, usize::MAX).unwrap();
        lines.extend(events.iter().map(|logged| format!("{:?}", logged.event)));
    }
    lines
}

fn told<R>(result: &Result<R>) -> String {
    result.as_ref().err().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn each_of_many_succeeds_or_fails_for_itself() {
    on_every_store(|store| {
        let engine = engine_over(Arc::clone(&store));
        let (ann, bob) = (user("ann"), user("bob"));
        let tasks = claims(&engine, 0..600);
        let take: Vec<_> = tasks.iter().map(|task| (*task, TaskCommand::Assign)).collect();
        assert!(engine.desk(&ann).act_on_each(&take).iter().all(Result::is_ok));
        engine.unassign(tasks[300], &ann).unwrap();
        engine.assign(tasks[300], &bob).unwrap();

        let mut done: Vec<_> = tasks.iter().map(|task| (*task, note("fine"))).collect();
        for (at, text) in [(0, "burn"), (1, "too long"), (255, "burn"), (256, "too long"), (599, "burn")] {
            done[at].1 = note(text);
        }
        done.push((TaskId { process: ProcessId(99_999), ordinal: 2 }, note("fine")));
        let desk = engine.desk(&ann).because("month's end");
        let results = desk.act_on_each(&done);
        assert_eq!(results.len(), 601);
        let failed: Vec<(usize, String)> = results
            .iter()
            .enumerate()
            .filter(|(_, result)| result.is_err())
            .map(|(at, result)| (at, told(result)))
            .collect();
        let at: Vec<usize> = failed.iter().map(|(at, _)| *at).collect();
        assert_eq!(at, [0, 1, 255, 256, 300, 599, 600]);
        for (at, text) in [(0, "it is burnt"), (1, "note"), (4, "belongs to `bob`"), (6, "there is no task 99999/2")] {
            assert!(failed[at].1.contains(text), "{text}: {}", failed[at].1);
        }
        assert_eq!(engine.process_record(tasks[2].process).unwrap().status, ProcessStatus::Done);
        assert_eq!(engine.process_record(tasks[255].process).unwrap().status, ProcessStatus::New);
        let last = engine.events(tasks[2].process, 0, 99).unwrap().into_iter().find(|event| event.reason.is_some());
        assert_eq!(last.and_then(|event| event.reason).as_deref(), Some("month's end"));
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn all_of_them_or_none_is_one_commit() {
    on_every_store(|store| {
        let engine = engine_over(Arc::clone(&store));
        let ann = user("ann");
        let tasks = claims(&engine, 0..20);
        let take: Vec<_> = tasks.iter().map(|task| (*task, TaskCommand::Assign)).collect();
        engine.desk(&ann).act_on_all(&take).unwrap();
        let before = held(&*store);
        let mut done: Vec<_> = tasks.iter().map(|task| (*task, note("fine"))).collect();
        done[19].1 = note("burn");
        let refused = engine.desk(&ann).act_on_all(&done).unwrap_err().to_string();
        assert!(refused.contains("it is burnt"), "{refused}");
        assert_eq!(held(&*store), before);
        let refused =
            engine.desk(&ann).start_all(&start(), &[form(json!({"amount": 1})), form(json!({"amount": 701}))]);
        assert!(told(&refused).contains("amount"), "{refused:?}");
        assert_eq!(held(&*store), before);
    });
    let counted = Arc::new(CountingStore::new(MemoryStore::new()));
    let engine = engine_over(Arc::<CountingStore<MemoryStore>>::clone(&counted));
    let tasks = claims(&engine, 0..200);
    let take: Vec<_> = tasks.iter().map(|task| (*task, TaskCommand::Assign)).collect();
    counted.take();
    assert!(engine.desk(&user("ann")).act_on_each(&take).iter().all(Result::is_ok));
    assert_eq!(counted.take().commits(), 1);
}

#[test]
fn many_starts_come_one_for_each_form() {
    on_every_store(|store| {
        let engine = engine_over(store);
        let forms: Vec<Document> = (600..1100).map(|amount| form(json!({"amount": amount}))).collect();
        let results = engine.desk(&user("ann")).start_each(&start(), &forms);
        let started: Vec<ProcessId> = results.iter().filter_map(|result| result.as_ref().ok().copied()).collect();
        assert_eq!((results.len(), started.len()), (500, 101));
        assert!(results[..101].iter().all(Result::is_ok) && told(&results[101]).contains("amount"));
        for (amount, process) in started.into_iter().enumerate() {
            assert_eq!(engine.process::<ClaimFlow>(process).unwrap().amount as usize, 600 + amount);
        }
        let nowhere = engine.desk(&user("ann")).start_each(&NodeName::new("claim", "nowhere"), &forms[..3]);
        assert!(nowhere.iter().all(|result| told(result).contains("has no node `nowhere`")));
    });
}

#[test]
fn a_call_with_a_key_can_be_repeated_as_it_was() {
    on_every_store(|store| {
        let engine = engine_over(Arc::clone(&store));
        let ann = user("ann");
        let forms: Vec<Document> = (695..705).map(|amount| form(json!({"amount": amount}))).collect();
        let desk = engine.desk(&ann).once("import 7");
        let first = desk.start_each(&start(), &forms);
        let again = desk.start_each(&start(), &forms);
        let ids = |results: &[Result<ProcessId>]| {
            results.iter().map(|result| result.as_ref().ok().copied()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&first), ids(&again));
        assert_eq!(store.processes(ProcessId(0), 99).unwrap().len(), 6);
        let tasks: Vec<_> = ids(&first).into_iter().flatten().map(|process| TaskId { process, ordinal: 2 }).collect();
        let take: Vec<_> = tasks.iter().map(|task| (*task, TaskCommand::Assign)).collect();
        let other = desk.act_on_each(&take);
        assert!(matches!(other[0], Err(Error::OtherAction { .. })), "{other:?}");
        assert!(
            engine
                .desk(&ann)
                .once("")
                .act_on_each(&take)
                .iter()
                .all(|result| matches!(result, Err(Error::BadKey { .. })))
        );
    });
}

fn command() -> impl Strategy<Value = (usize, TaskCommand)> {
    let command = prop_oneof![
        3 => Just(TaskCommand::Assign),
        1 => Just(TaskCommand::Unassign),
        2 => prop_oneof![Just("fine"), Just("burn"), Just("too long")].prop_map(note),
        1 => Just(TaskCommand::CancelTask),
        1 => Just(TaskCommand::Revive),
        1 => Just(TaskCommand::Undo),
        1 => Just(TaskCommand::Delegate { to: user("bob") }),
        1 => Just(TaskCommand::SetPriority { priority: Some(3) }),
    ];
    (0..7_usize, command)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A task may come several times, and be at any state by then.
    #[test]
    fn many_at_once_come_to_what_they_come_to_one_by_one(commands in prop::collection::vec(command(), 0..40), may: bool) {
        let stores = [0, 1].map(|_| Arc::new(MemoryStore::new()));
        let [one_by_one, at_once] = stores.each_ref().map(|store| engine_over(Arc::<MemoryStore>::clone(store)));
        let tasks = claims(&one_by_one, 0..6);
        assert_eq!(tasks, claims(&at_once, 0..6));
        // The last one does not exist.
        let task = |at: usize| tasks.get(at).copied().unwrap_or(TaskId { process: ProcessId(77), ordinal: 2 });
        let commands: Vec<(TaskId, TaskCommand)> = commands.into_iter().map(|(at, command)| (task(at), command)).collect();
        let (ann, manager) = (user("ann"), boss());
        let [expected, results]: [Vec<Result<Acted>>; 2] = [&one_by_one, &at_once].map(|engine| {
            let desk = if may { engine.desk(&manager) } else { engine.desk(&ann) };
            if std::ptr::eq(engine, &raw const one_by_one) {
                commands.iter().map(|(task, command)| desk.act(*task, command)).collect()
            } else {
                desk.act_on_each(&commands)
            }
        });
        let shown = |results: &[Result<Acted>]| -> Vec<String> {
            results.iter().map(|result| format!("{:?} {}", result.as_ref().ok(), told(result))).collect()
        };
        prop_assert_eq!(shown(&expected), shown(&results));
        prop_assert_eq!(held(&*stores[0]), held(&*stores[1]));
        prop_assert_eq!(inconsistencies(&*stores[1]), Vec::<String>::new());
    }
}
