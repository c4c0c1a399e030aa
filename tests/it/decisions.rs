//! Decisions: forms that are enums, whose variants are the ways on.

use std::sync::Arc;

use serde_json::{Value, json};
use viewflow::prelude::*;
use viewflow::{Document, Store, TaskRecord, What};

use crate::support::{complaints, do_next, on_every_store, open_task, user};

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

/// The verdict under another name, as flows may know it.
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

/// The task that Ann has at the node where she decides.
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
        let submit = |form: Value| engine.execute_with(task.id, &ann, &sent(form));
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
        let draft = |form: Value| engine.draft_with(task.id, &ann, &sent(form)).unwrap();
        let drafted = || Value::Object(engine.task_record(task.id).unwrap().draft.unwrap());
        draft(json!({"Reject": {"reason": "no"}}));
        draft(json!({"Reject": {"level": "low"}}));
        assert_eq!(drafted(), json!({"Reject": {"reason": "no", "level": "low"}}));
        draft(json!({"Ask": {"whom": "bob"}}));
        assert_eq!(drafted(), json!({"Ask": {"whom": "bob"}}));
        // What is submitted goes over the draft, or away from it.
        engine.execute_with(task.id, &ann, &sent(json!({"Ask": {"by": ["eve"]}}))).unwrap();
        assert_eq!(open_task(&engine, RequestFlow::question, id).seed, json!("bob by eve"));
    });
}

#[test]
fn what_is_submitted_for_another_case_than_the_draft_has_is_read_alone() {
    on_every_store(|store| {
        let engine = engine(store);
        let (ann, id) = (user("ann"), begun(&engine));
        let task = taken(&engine, id);
        engine.draft_with(task.id, &ann, &sent(json!({"Reject": {"reason": "no"}}))).unwrap();
        engine.execute_with(task.id, &ann, &sent(json!({"Approve": {}}))).unwrap();
        open_task(&engine, RequestFlow::sort, id);
    });
}

#[test]
fn the_history_tells_what_was_decided() {
    on_every_store(|store| {
        let engine = engine(store);
        let id = begun(&engine);
        do_next(&engine, RequestFlow::review, id, reject("no"));
        let told = engine.events(id, 0, 100).unwrap().into_iter().find_map(|event| match event.what {
            What::TaskFinished { node, decision: Some(decision), .. } => Some((node, decision)),
            _ => None,
        });
        assert_eq!(told, Some(("review".to_owned(), "Reject".to_owned())));
        let review = engine.tasks(id, 0, 10).unwrap().into_iter().find(|task| task.node == "review").unwrap();
        assert_eq!(review.decision.as_deref(), Some("Reject"));
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
