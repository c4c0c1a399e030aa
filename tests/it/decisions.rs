//! Decisions: forms that are enums, whose variants are the ways on.

use std::sync::Arc;

use serde_json::{Value, json};
use viewflow::builder::FlowBuilder;
use viewflow::graph::{Kind, Role};
use viewflow::lifecycle::Action;
use viewflow::prelude::*;
use viewflow::store::TaskRecord;
use viewflow::{Document, EventKind, Store};

use crate::support::{boss, complaints, do_next, on_every_store, open_task, open_tasks, user};

#[derive(Form, Clone, Debug, PartialEq)]
pub enum Verdict {
    Approve,
    /// The request goes back.
    #[case(title = "Turn down", confirm = "Turn it down for good?")]
    #[was("Refuse")]
    Reject {
        #[field(max_length = 20)]
        reason: String,
        #[field(choices = ["low", "high"])]
        level: Option<String>,
    },
    Ask {
        whom: String,
        by: Vec<String>,
    },
}

#[derive(Choices, Clone, Copy, Debug, PartialEq)]
pub enum Urgency {
    #[choice(label = "At once")]
    Now,
    Later,
}

#[derive(Process, Clone, Debug)]
pub struct Request {
    pub verdict: Option<String>,
    #[field(default = Urgency::Later)]
    pub urgency: Urgency,
    #[field(max_length = 10)]
    pub remark: Option<String>,
}

#[derive(Task, Clone, Debug)]
pub struct Refusal {
    pub reason: String,
}

/// The verdict under another name, as a flow may know it.
type Ruling = Verdict;

#[derive(Flow)]
#[flow(process = Request)]
pub struct RequestFlow {
    #[next(review)]
    start: Start,

    #[form(Ruling)]
    #[case(Approve => sort)]
    #[case(Reject => inform, task_data = |a, v| {
        let _ = &a.process.verdict;
        Refusal { reason: v.reason.clone() }
    })]
    #[case(Ask => question, task_seed = Self::asked)]
    review: View,

    #[fields(urgency, remark)]
    #[decide(urgency)]
    #[case(Now => end, task_seed = |_, form| form.remark.clone().unwrap_or_default())]
    #[default(later)]
    sort: View,

    #[form(Verdict)]
    #[submit(Self::note)]
    #[default(end, task_seed = |a| a.process.verdict.clone().unwrap_or_default())]
    #[case(Ask => question, task_seed = |_, v| v.whom.clone())]
    later: View,

    #[next(review)]
    question: View<Seed<String>>,

    #[next(end, task_seed = |a| a.task.reason.clone())]
    inform: View<Refusal>,

    end: End<Seed<String>>,
}

impl RequestFlow {
    fn asked(&self, _: &Activation<Self, ()>, ask: &VerdictAsk) -> Result<String> {
        Ok(format!("{} by {}", ask.whom, ask.by.join(" and ")))
    }

    fn note(&self, a: &mut Activation<Self, ()>, verdict: Verdict) -> Result<()> {
        a.process.verdict = Some(format!("{verdict:?}"));
        Ok(())
    }
}

fn engine(store: Arc<dyn Store>) -> Engine {
    Engine::builder(store).flow(RequestFlow::new()).build().unwrap()
}

fn begun(engine: &Engine) -> ProcessId {
    engine.start(RequestFlow::start, &user("ann"), ()).unwrap().id
}

fn sent(value: Value) -> Document {
    value.as_object().unwrap().clone()
}

fn reject(reason: &str) -> Verdict {
    Verdict::Reject { reason: reason.to_owned(), level: None }
}

/// The task that Ann has at the deciding node.
fn taken(engine: &Engine, process: ProcessId) -> TaskRecord {
    let task = open_task(engine, RequestFlow::review, process);
    engine.assign(task.id, &user("ann")).unwrap();
    task
}

#[test]
fn the_variant_that_is_submitted_is_the_way_on_and_gives_its_task_what_was_filled_in() {
    on_every_store(|store| {
        let engine = engine(store);
        let id = begun(&engine);
        do_next(&engine, RequestFlow::review, id, reject("too late"));
        let inform = open_task(&engine, RequestFlow::inform, id);
        assert_eq!(inform.data["reason"], "too late");
        do_next(&engine, RequestFlow::inform, id, ());

        let id = begun(&engine);
        do_next(&engine, RequestFlow::review, id, Verdict::Approve);
        assert_eq!(open_task(&engine, RequestFlow::sort, id).status, TaskStatus::New);
    });
}

#[test]
fn a_method_is_given_the_struct_of_its_case() {
    on_every_store(|store| {
        let engine = engine(store);
        let id = begun(&engine);
        let ask = Verdict::Ask { whom: "bob".to_owned(), by: vec!["ann".to_owned(), "eve".to_owned()] };
        do_next(&engine, RequestFlow::review, id, ask);
        assert_eq!(open_task(&engine, RequestFlow::question, id).seed, json!("bob by ann and eve"));
    });
}

#[test]
fn a_field_of_the_process_decides_likewise() {
    on_every_store(|store| {
        let engine = engine(store);
        let id = begun(&engine);
        do_next(&engine, RequestFlow::review, id, Verdict::Approve);
        let form = SortFields { urgency: Urgency::Now, remark: Some("soon".to_owned()) };
        do_next(&engine, RequestFlow::sort, id, form);
        let process = engine.process::<RequestFlow>(id).unwrap();
        assert_eq!((process.status, process.urgency), (ProcessStatus::Done, Urgency::Now));
        let tasks = engine.tasks(id, 0, 10).unwrap();
        assert_eq!(tasks.last().unwrap().seed, json!("soon"));
        let sorted = tasks.iter().find(|task| task.node == "sort").unwrap();
        assert_eq!(sorted.decision.as_deref(), Some("now"));
    });
}

#[test]
fn a_handler_is_called_before_the_way_is_chosen_and_all_other_cases_go_the_default_way() {
    on_every_store(|store| {
        let engine = engine(store);
        let id = begun(&engine);
        do_next(&engine, RequestFlow::review, id, Verdict::Approve);
        do_next(&engine, RequestFlow::sort, id, SortFields { urgency: Urgency::Later, remark: None });
        do_next(&engine, RequestFlow::later, id, Verdict::Approve);
        let process = engine.process::<RequestFlow>(id).unwrap();
        assert_eq!((process.status, process.verdict.as_deref()), (ProcessStatus::Done, Some("Approve")));
        assert_eq!(engine.tasks(id, 0, 10).unwrap().last().unwrap().seed, json!("Approve"));
    });
}

#[test]
fn in_json_a_decision_is_the_name_of_its_case_with_the_fields() {
    on_every_store(|store| {
        let engine = engine(store);
        let (ann, id) = (user("ann"), begun(&engine));
        let task = taken(&engine, id);
        let submit = |form: Value| engine.desk(&ann).execute(task.id, &sent(form));
        assert_eq!(complaints(submit(json!({}))), [": choose one of Approve, Reject, Ask"]);
        assert_eq!(complaints(submit(json!({"Reject": null}))), [": choose one of Approve, Reject, Ask"]);
        assert_eq!(
            complaints(submit(json!({"Approve": {}, "Reject": {"reason": "no"}}))),
            [": choose one of Approve, Reject, not several"]
        );
        assert_eq!(complaints(submit(json!({"Reject": {}}))), ["Reject.reason: is required"]);
        assert_eq!(complaints(submit(json!({"Reject": "no"}))), ["Reject: must be an object"]);
        assert_eq!(
            complaints(submit(json!({"Reject": {"reason": "far too long for such a field", "why": 1}}))),
            ["Reject.reason: must not be longer than 20 (it is 29 long)", "Reject.why: is no field of this form"]
        );
        assert_eq!(
            complaints(submit(json!({"Reject": {"reason": "no", "level": "middle"}}))),
            ["Reject.level: must be one of low, high (it is middle)"]
        );
        assert_eq!(complaints(submit(json!({"Perhaps": {}, "Approve": {}}))), ["Perhaps: is no field of this form"]);
        submit(json!({"Reject": {"reason": "no", "level": "low"}})).unwrap();
        assert_eq!(open_task(&engine, RequestFlow::inform, id).data["reason"], "no");
    });
}

#[test]
fn a_draft_that_names_another_case_keeps_nothing_of_the_one_before() {
    on_every_store(|store| {
        let engine = engine(store);
        let (ann, id) = (user("ann"), begun(&engine));
        let task = taken(&engine, id);
        let draft = |form: Value| engine.desk(&ann).draft(task.id, &sent(form)).unwrap();
        let drafted = || Value::Object(engine.task_record(task.id).unwrap().draft.unwrap());
        draft(json!({"Reject": {"reason": "no"}}));
        draft(json!({"Reject": {"level": "low"}}));
        assert_eq!(drafted(), json!({"Reject": {"reason": "no", "level": "low"}}));
        draft(json!({"Ask": {"whom": "bob"}}));
        assert_eq!(drafted(), json!({"Ask": {"whom": "bob"}}));
        // A submitted form is merged into a draft of the same case, and replaces a draft of another case.
        engine.desk(&ann).execute(task.id, &sent(json!({"Ask": {"by": ["eve"]}}))).unwrap();
        assert_eq!(open_task(&engine, RequestFlow::question, id).seed, json!("bob by eve"));
    });
}

#[test]
fn what_is_submitted_for_another_case_than_the_draft_has_is_read_alone() {
    on_every_store(|store| {
        let engine = engine(store);
        let (ann, id) = (user("ann"), begun(&engine));
        let task = taken(&engine, id);
        engine.desk(&ann).draft(task.id, &sent(json!({"Reject": {"reason": "no"}}))).unwrap();
        engine.desk(&ann).execute(task.id, &sent(json!({"Approve": {}}))).unwrap();
        open_task(&engine, RequestFlow::sort, id);
    });
}

#[test]
fn the_history_tells_what_was_decided() {
    on_every_store(|store| {
        let engine = engine(store);
        let id = begun(&engine);
        do_next(&engine, RequestFlow::review, id, reject("no"));
        let told = engine.events(id, 0, 100).unwrap().into_iter().find_map(|event| match event.kind {
            EventKind::TaskFinished { node, decision: Some(decision), .. } => Some((node, decision)),
            _ => None,
        });
        assert_eq!(told, Some(("review".to_owned(), "Reject".to_owned())));
        let review = engine.tasks(id, 0, 10).unwrap().into_iter().find(|task| task.node == "review").unwrap();
        assert_eq!(review.decision.as_deref(), Some("Reject"));
    });
}

#[test]
fn who_goes_back_to_a_decision_decides_anew_and_the_first_one_stays_in_the_history() {
    on_every_store(|store| {
        let engine = engine(store);
        let id = begun(&engine);
        do_next(&engine, RequestFlow::review, id, reject("no"));
        let review = engine.tasks(id, 0, 10).unwrap().into_iter().find(|task| task.node == "review").unwrap();
        engine.go_back_to(review.id, &boss()).unwrap();
        assert!(open_tasks(&engine, RequestFlow::inform, id).is_empty());
        let anew = open_task(&engine, RequestFlow::review, id);
        assert_eq!((anew.decision, anew.draft), (None, None));
        let boss = boss();
        engine
            .task(RequestFlow::review, anew.id)
            .unwrap()
            .assign(&boss)
            .unwrap()
            .execute(&boss, Verdict::Approve)
            .unwrap();
        open_task(&engine, RequestFlow::sort, id);
        let decided: Vec<_> = engine.tasks(id, 0, 10).unwrap().into_iter().filter_map(|task| task.decision).collect();
        assert_eq!(decided, ["Reject", "Approve"]);
    });
}

/// The earlier version of the flow: the case had another name, and another field.
mod before {
    use viewflow::prelude::*;

    #[derive(Form, Clone, Debug)]
    pub enum Verdict {
        Refuse { reason: String },
        Approve,
    }

    #[derive(Flow)]
    #[flow(process = super::Request)]
    pub struct RequestFlow {
        #[next(review)]
        start: Start,

        #[form(Verdict)]
        #[next(end)]
        #[submit(Self::take)]
        review: View,

        end: End,
    }

    impl RequestFlow {
        fn take(&self, _: &mut Activation<Self, ()>, _: Verdict) -> Result<()> {
            Ok(())
        }
    }
}

#[test]
fn a_draft_of_a_case_that_was_renamed_is_one_of_the_case_as_it_is_called_now() {
    on_every_store(|store| {
        let ann = user("ann");
        let (id, task) = {
            let engine = Engine::builder(Arc::clone(&store)).flow(before::RequestFlow::new()).build().unwrap();
            let id = engine.start(before::RequestFlow::start, &ann, ()).unwrap().id;
            let task = open_task(&engine, before::RequestFlow::review, id).id;
            engine.assign(task, &ann).unwrap();
            engine.desk(&ann).draft(task, &sent(json!({"Refuse": {"reason": "no"}}))).unwrap();
            (id, task)
        };
        let engine = engine(store);
        let form = engine.desk(&ann).form(task).unwrap();
        assert_eq!((form.chosen, &form.cases[1].fields[0].value), (Some("Reject"), &json!("no")));
        engine.desk(&ann).execute(task, &sent(json!({"Reject": {"level": "low"}}))).unwrap();
        assert_eq!(open_task(&engine, RequestFlow::inform, id).data["reason"], "no");
    });
}

#[test]
fn a_decision_without_cases_at_its_node_is_a_form_for_its_handler_and_is_told_all_the_same() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(before::RequestFlow::new()).build().unwrap();
        let ann = user("ann");
        let id = engine.start(before::RequestFlow::start, &ann, ()).unwrap().id;
        do_next(&engine, before::RequestFlow::review, id, before::Verdict::Approve);
        assert_eq!(engine.tasks(id, 0, 10).unwrap()[1].decision.as_deref(), Some("Approve"));
    });
}

/// A flow by hand that does not say, with `decide`, which way a form goes on.
struct UndecidedFlow;

impl Flow for UndecidedFlow {
    type Process = ();
    const NAME: &'static str = "undecided";
    const TITLE: &'static str = "Undecided";

    fn define(flow: &mut FlowBuilder<Self>) {
        flow.node::<()>("start", Kind::Start).edge::<()>(Role::Default, "end");
        flow.node::<()>("end", Kind::End);
    }
}

#[test]
fn a_flow_by_hand_whose_decision_is_not_told_is_not_built() {
    let Err(Error::Build(told)) = Engine::builder(MemoryStore::new()).flow(UndecidedFlow).build() else {
        panic!("it is built")
    };
    assert_eq!(told, ["flow `undecided`: `start` needs to be told which way a form goes on, by `decide`"]);
}

#[test]
fn a_decision_is_not_skipped_as_nobody_says_which_way() {
    on_every_store(|store| {
        let engine = engine(store);
        let id = begun(&engine);
        let task = open_task(&engine, RequestFlow::review, id).id;
        assert!(!engine.actions(task, &boss()).unwrap().contains(&Action::Skip));
        let refused = engine.skip(task, &boss()).unwrap_err();
        assert!(matches!(refused, Error::Undecided { .. }), "{refused}");
        open_task(&engine, RequestFlow::review, id);
    });
}

#[test]
fn a_decision_is_described_by_its_cases_each_with_its_button_its_question_and_its_fields() {
    on_every_store(|store| {
        let engine = engine(store);
        let (ann, id) = (user("ann"), begun(&engine));
        let task = taken(&engine, id);
        let form = engine.desk(&ann).form(task.id).unwrap();
        assert!(form.fields.is_empty() && form.chosen.is_none());
        let told: Vec<_> = form.cases.iter().map(|case| (case.name, case.title, case.help, case.confirm)).collect();
        assert_eq!(
            told,
            [
                ("Approve", "Approve", "", None),
                ("Reject", "Turn down", "The request goes back.", Some("Turn it down for good?")),
                ("Ask", "Ask", "", None)
            ]
        );
        let fields: Vec<_> = form.cases[1].fields.iter().map(|field| (field.name, field.required)).collect();
        assert_eq!(fields, [("reason", true), ("level", false)]);
        assert_eq!(form.cases[1].fields[1].choices.as_ref().unwrap().len(), 2);

        engine.desk(&ann).draft(task.id, &sent(json!({"Reject": {"reason": "no"}}))).unwrap();
        let form = engine.desk(&ann).form(task.id).unwrap();
        assert_eq!((form.chosen, &form.cases[1].fields[0].value), (Some("Reject"), &json!("no")));
        let filled = engine.desk(&ann).fill_in(task.id, &sent(json!({"Ask": {}}))).unwrap();
        assert_eq!(filled.form.chosen, Some("Ask"));
        assert_eq!(crate::support::of(&filled.complaints), ["Ask.by: is required", "Ask.whom: is required"]);
        let schema = form.schema();
        assert_eq!(schema["oneOf"][1]["properties"]["Reject"]["title"], "Turn down");
        assert_eq!(schema["oneOf"][0]["required"], json!(["Approve"]));
    });
}

#[derive(Entity, Clone, Debug)]
pub struct Room {
    #[id]
    pub id: Id<Room>,
    pub free: bool,
}

/// A decision whose cases have choices from tables, pages, computed fields and dependent fields.
#[derive(Form, Clone, Debug)]
pub enum Booking {
    Book {
        #[field(choices = |db| db.table::<Room>().filter(|room| room.free))]
        room: Ref<Room>,
        #[page("Time")]
        nights: u32,
        #[field(default = 1, max = 9)]
        guests: u32,
        #[field(computed = |form| form.nights * form.guests * 80)]
        price: u32,
        #[field(only_if = |form| form.nights > 7, required)]
        reason: Option<String>,
    },
    Leave,
}

#[derive(Flow)]
pub struct BookingFlow {
    #[form(Booking)]
    #[case(Book => booked, task_seed = |_, v| v.price)]
    #[default(left)]
    start: Start,

    booked: End<Seed<u32>>,

    left: End,
}

#[test]
fn the_fields_of_a_case_may_do_what_those_of_any_form_may() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(BookingFlow::new()).build().unwrap();
        let ann = user("ann");
        let room = |free| engine.transaction(|db| db.table().insert(Room { id: Id::NEW, free })).unwrap();
        let (free, _taken) = (room(true), room(false));
        let start = viewflow::NodeName { flow: "booking".to_owned(), node: "start".to_owned() };
        let form = engine.desk(&ann).start_form(&start).unwrap();
        let book = &form.cases[0];
        assert_eq!(book.fields[0].choices.as_ref().unwrap().len(), 1);
        assert_eq!(book.pages.iter().map(|page| page.title.as_str()).collect::<Vec<_>>(), ["Book", "Time"]);
        let send = |form: Value| engine.desk(&ann).start(&start, &sent(form));
        assert_eq!(
            complaints(send(json!({"Book": {"room": 2, "nights": 8}}))),
            ["Book.reason: is required", "Book.room: cannot be 2: it is none of the choices"]
        );
        assert_eq!(
            complaints(send(json!({"Book": {"room": 1, "nights": 2, "reason": "why not"}}))),
            ["Book.reason: is not asked here: it has to be empty"]
        );
        let id = send(json!({"Book": {"room": 1, "nights": 2, "price": 1}})).unwrap();
        assert_eq!(engine.tasks(id, 0, 10).unwrap()[1].seed, json!(160));
        // An overflow is a complaint. Values that break their rules are not computed with.
        assert_eq!(
            complaints(send(json!({"Book": {"room": 1, "nights": 4_000_000_000_u32, "reason": "all"}}))),
            ["Book.price: cannot be computed of what was filled in"]
        );
        assert_eq!(
            complaints(send(json!({"Book": {"room": 1, "nights": 2, "guests": 4_000_000_000_u32}}))),
            ["Book.guests: must be at most 9"]
        );
        // The engine also computes forms that come from Rust.
        let form = Booking::Book { room: free, nights: 3, guests: 1, price: 0, reason: None };
        let id = engine.start(BookingFlow::start, &ann, form).unwrap().id;
        assert_eq!(engine.tasks(id, 0, 10).unwrap()[1].seed, json!(240));
    });
}

#[test]
fn charts_tell_the_titles_of_the_cases() {
    let graph = RequestFlow::graph();
    let mermaid = graph.mermaid();
    assert!(mermaid.contains("-->|\"Turn down\"|") && mermaid.contains("-->|\"Approve\"|"), "{mermaid}");
    let bpmn = graph.bpmn();
    assert!(bpmn.contains("<exclusiveGateway id=\"review_decision."), "{bpmn}");
    assert!(bpmn.contains("name=\"Turn down\""), "{bpmn}");
}
