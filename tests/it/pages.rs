//! Forms that are filled in page by page, and drafts of starts.

use std::sync::Arc;

use serde_json::{Value, json};
use viewflow::desk::StartLine;
use viewflow::form::{Filled, FormSpec};
use viewflow::nodes::Node;
use viewflow::prelude::*;
use viewflow::{Document, NodeName, Timestamp};

use crate::support::{complaints, manual, of, on_every_store, open_task, user};

#[derive(Form, Clone, Debug)]
pub struct Apply {
    pub name: String,
    #[page("Papers")]
    #[field(pattern = "[A-Z][0-9]+")]
    pub passport: String,
    #[field(choices = |_, user| [user.id().to_string()])]
    pub signed_by: Option<String>,
    #[page("Money")]
    #[field(min = 1)]
    pub amount: u32,
}

#[derive(Process, Clone, Debug)]
pub struct Application {
    pub name: String,
    #[field(max_length = 5)]
    pub remark: Option<String>,
    pub amount: u32,
    pub paid: bool,
}

#[derive(Flow)]
#[flow(process = Application)]
pub struct ApplyFlow {
    #[form(Apply)]
    #[submit(Self::apply)]
    #[next(check)]
    start: Start,

    /// Look at it.
    #[fields(page("What"), name, remark = empty, page("Money"), amount, paid, as = CheckForm)]
    #[next(end)]
    check: View,

    end: End,
}

impl ApplyFlow {
    fn apply(&self, a: &mut Activation<Self, ()>, form: Apply) -> Result<()> {
        (a.process.name, a.process.amount) = (form.name, form.amount);
        Ok(())
    }
}

fn start() -> NodeName {
    ApplyFlow::start.full_name()
}

fn sent(value: Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn pages(form: &FormSpec) -> Value {
    serde_json::to_value(&form.pages).unwrap()
}

fn values(form: &FormSpec) -> Vec<Value> {
    form.fields.iter().map(|field| field.value.clone()).collect()
}

fn told(filled: &Filled, page: usize) -> Vec<String> {
    of(&filled.of_page(page))
}

#[test]
fn pages_stand_in_the_description_with_their_fields() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(ApplyFlow::new()).build().unwrap();
        let form = engine.start_form(&start()).unwrap();
        let expected = json!([
            {"title": "Start", "fields": ["name"]},
            {"title": "Papers", "fields": ["passport", "signed_by"]},
            {"title": "Money", "fields": ["amount"]}
        ]);
        assert_eq!(pages(&form), expected);
        let whole = sent(json!({"name": "Ann", "passport": "A1", "amount": 7}));
        let id = engine.desk(&user("ann")).start(&start(), &whole).unwrap();
        let form = engine.form(open_task(&engine, ApplyFlow::check, id).id).unwrap();
        let expected =
            json!([{"title": "What", "fields": ["name", "remark"]}, {"title": "Money", "fields": ["amount", "paid"]}]);
        assert_eq!((pages(&form), form.title.as_str()), (expected, "Look at it"));
    });
}

#[test]
fn a_page_is_held_against_its_own_rules_before_the_next_one() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(ApplyFlow::new()).build().unwrap();
        let ann = user("ann");
        let fill = |form: Value| engine.desk(&ann).fill_in_start(&start(), &sent(form)).unwrap();
        let first = fill(json!({"name": "Ann"}));
        assert_eq!(told(&first, 0), [""; 0]);
        assert_eq!(told(&first, 1), ["passport: is required"]);
        assert_eq!(told(&first, 2), ["amount: is required"]);
        assert_eq!(told(&first, 3), [""; 0], "no such page");
        let second = fill(json!({"passport": "x", "signed_by": "bob"}));
        assert_eq!(
            told(&second, 1),
            ["passport: must look like `[A-Z][0-9]+`", "signed_by: cannot be bob: it is none of the choices"]
        );
        assert_eq!(told(&second, 0), ["name: is required"], "nothing was kept");
        assert_eq!(values(&second.form), [json!(null), json!("x"), json!("bob"), json!(null)]);
        assert_eq!(engine.desk(&ann).start_drafts().unwrap(), []);

        // The pages of a task begin with its stored and drafted values.
        let whole = sent(json!({"name": "Ann", "passport": "A1", "amount": 7}));
        let id = engine.desk(&ann).start(&start(), &whole).unwrap();
        let task = open_task(&engine, ApplyFlow::check, id).id;
        engine.assign(task, &ann).unwrap();
        engine.desk(&ann).draft(task, &sent(json!({"remark": "much too long"}))).unwrap();
        let filled = engine.desk(&ann).fill_in(task, &sent(json!({"amount": "x"}))).unwrap();
        assert_eq!(told(&filled, 0), ["remark: must not be longer than 5 (it is 13 long)"]);
        assert_eq!(told(&filled, 1), ["amount: must be a whole number from 0 to 4294967295"]);
        assert_eq!(values(&filled.form), [json!("Ann"), json!("much too long"), json!("x"), json!(false)]);
    });
}

#[test]
fn a_draft_of_a_start_belongs_to_the_person_until_they_start() {
    on_every_store(|store| {
        let (builder, clock) = manual(Arc::clone(&store));
        let engine = builder.flow(ApplyFlow::new()).build().unwrap();
        let (ann, bob) = (user("ann"), user("bob"));
        clock.set(Timestamp::from_millis(5000));
        let draft = |by: &UserId, form: Value| engine.desk(by).draft_start(&start(), &sent(form)).unwrap();
        let shown = |by: &UserId| values(&engine.desk(by).start_form(&start()).unwrap());
        draft(&ann, json!({"name": "Ann", "amount": 3}));
        draft(&ann, json!({"passport": "A1", "amount": null}));
        draft(&bob, json!({"name": "Bob"}));
        assert_eq!(shown(&ann), [json!("Ann"), json!("A1"), json!(null), json!(null)]);
        assert_eq!(shown(&bob), [json!("Bob"), json!(null), json!(null), json!(null)]);
        assert_eq!(shown(&user("eve")), vec![Value::Null; 4]);
        let drafts = |by: &UserId| -> Vec<(NodeName, Timestamp)> {
            let drafts = engine.desk(by).start_drafts().unwrap();
            drafts
                .into_iter()
                .map(|StartLine { flow, node, drafted, .. }| (NodeName { flow, node }, drafted.unwrap()))
                .collect()
        };
        assert_eq!(drafts(&ann), [(start(), Timestamp::from_millis(5000))]);

        // A refused start keeps the draft; a successful start removes it.
        let refused = engine.desk(&ann).start(&start(), &Document::new());
        assert_eq!(complaints(refused), ["amount: is required"]);
        assert_eq!(drafts(&ann).len(), 1);
        let id = engine.desk(&ann).start(&start(), &sent(json!({"amount": 3}))).unwrap();
        assert_eq!(engine.process::<ApplyFlow>(id).unwrap().name, "Ann");
        assert_eq!((drafts(&ann), shown(&ann)), (vec![], vec![Value::Null; 4]));
        assert_eq!(shown(&bob)[0], json!("Bob"));

        // A start from Rust, which is complete, removes it too.
        let form = Apply { name: "Bob".into(), passport: "B2".into(), signed_by: None, amount: 1 };
        engine.start(ApplyFlow::start, &bob, form).unwrap();
        assert_eq!(drafts(&bob), []);
        assert_eq!(store.row_ids("viewflow.draft", 0, 10).unwrap(), Vec::<u64>::new());
    });
}

#[test]
fn a_draft_of_a_start_can_be_dropped_also_when_the_start_is_gone() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(ApplyFlow::new()).build().unwrap();
        let ann = user("ann");
        engine.desk(&ann).draft_start(&start(), &sent(json!({"name": "Ann"}))).unwrap();
        let without = Engine::builder(store).build().unwrap();
        assert_eq!(without.desk(&ann).start_drafts().unwrap().len(), 1);
        assert!(!without.desk(&user("bob")).drop_start_draft(&start()).unwrap());
        assert!(without.desk(&ann).drop_start_draft(&start()).unwrap());
        assert!(!engine.desk(&ann).drop_start_draft(&start()).unwrap());
        assert_eq!(engine.desk(&ann).start_drafts().unwrap(), []);

        let nobody = user("");
        assert!(matches!(engine.desk(&nobody).draft_start(&start(), &Document::new()), Err(Error::Forbidden { .. })));
        let end = ApplyFlow::end.full_name();
        assert!(matches!(engine.desk(&ann).draft_start(&end, &Document::new()), Err(Error::NoNode { .. })));
    });
}

mod renamed {
    use viewflow::prelude::*;

    #[derive(Flow)]
    #[flow(process = super::Application, name = "application")]
    #[was("apply")]
    pub struct ApplicationFlow {
        #[was("start")]
        #[fields(name, amount)]
        #[next(end)]
        begin: Start,
        end: End,
    }
}

#[test]
fn a_draft_of_a_start_is_found_under_the_name_that_the_start_had() {
    on_every_store(|store| {
        let ann = user("ann");
        let before = Engine::builder(Arc::clone(&store)).flow(ApplyFlow::new()).build().unwrap();
        before.desk(&ann).draft_start(&start(), &sent(json!({"name": "Ann", "passport": "A1"}))).unwrap();
        let engine = Engine::builder(Arc::clone(&store)).flow(renamed::ApplicationFlow::new()).build().unwrap();
        let begin = renamed::ApplicationFlow::begin.full_name();
        assert_eq!(values(&engine.desk(&ann).start_form(&begin).unwrap()), [json!("Ann"), json!(null)]);
        engine.desk(&ann).draft_start(&begin, &sent(json!({"amount": 2}))).unwrap();
        assert_eq!(store.row_ids("viewflow.draft", 0, 10).unwrap().len(), 1);
        assert_eq!(values(&engine.desk(&ann).start_form(&begin).unwrap()), [json!("Ann"), json!(2)]);
        engine.desk(&ann).start(&begin, &Document::new()).unwrap();
        assert!(engine.desk(&ann).start_drafts().unwrap().is_empty());
    });
}
