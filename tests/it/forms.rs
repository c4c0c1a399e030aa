//! The forms that people fill in.

use serde_json::{Value, json};
use viewflow::field::ValueKind;
use viewflow::nodes::Node;
use viewflow::prelude::*;
use viewflow::{Document, NodeName};

use crate::support::{complaints, on_every_store, open_task, user};

#[derive(Entity, Clone, Debug)]
#[entity(label = name)]
pub struct Carrier {
    #[id]
    pub id: Id<Carrier>,
    pub name: String,
    pub active: bool,
}

#[derive(Form, Clone, Debug)]
pub struct Order {
    #[field(label = "What", help = "One thing only.", max_length = 8, pattern = "[a-z]+")]
    pub what: String,
    #[field(min = 1, max = 9, default = 1)]
    pub count: u8,
    pub gift: Option<bool>,
    #[field(choices = |db| db.table::<Carrier>().filter(|carrier| carrier.active))]
    pub carriers: Vec<Ref<Carrier>>,
    pub back: Option<Ref<Carrier>>,
}

#[derive(Process, Clone, Debug)]
pub struct OrderProcess {
    #[field(key = "order.what")]
    pub what: String,
    #[field(default = 1, max = 9)]
    pub count: u8,
    #[field(column)]
    pub carrier: Option<Ref<Carrier>>,
}

#[derive(Flow)]
#[flow(process = OrderProcess)]
pub struct OrderFlow {
    #[form(Order)]
    #[submit(Self::order)]
    #[next(check)]
    start: Start,

    #[fields(what, count, carrier)]
    #[submit(Self::checked)]
    #[next(end)]
    check: View,

    end: End,
}

impl OrderFlow {
    fn order(&self, a: &mut Activation<Self, ()>, form: Order) -> Result<()> {
        a.process.what = form.what;
        a.process.count = form.count;
        a.process.carrier = form.carriers.first().copied();
        Ok(())
    }

    fn checked(&self, a: &mut Activation<Self, ()>, form: CheckFields) -> Result<()> {
        if form.what == "gin" {
            return Err(Error::field("what", "is not sold here"));
        }
        assert_eq!(a.process.what, form.what, "the fields are set before the handler is called");
        a.process.count += 1;
        Ok(())
    }
}

struct Shop {
    engine: Engine,
    post: Ref<Carrier>,
    idle: Ref<Carrier>,
}

fn in_a_shop(test: impl Fn(Shop)) {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(OrderFlow::new()).build().unwrap();
        let carrier = |name: &str, active| {
            let carrier = Carrier { id: Id::NEW, name: name.to_owned(), active };
            engine.transaction(|db| db.table().insert(carrier.clone())).unwrap()
        };
        let (post, idle) = (carrier("post", true), carrier("idle", false));
        test(Shop { engine, post, idle });
    });
}

fn start() -> NodeName {
    OrderFlow::start.full_name()
}

fn sent(value: Value) -> Document {
    value.as_object().cloned().unwrap()
}

#[test]
fn a_form_is_described_as_data() {
    in_a_shop(|shop| {
        let form = shop.engine.desk(&user("ann")).start_form(&start()).unwrap();
        assert_eq!(form.title, "Start");
        let [what, count, gift, carriers, back] = form.fields.as_slice() else { panic!("five fields") };
        assert_eq!((what.name, what.label, what.help), ("what", "What", "One thing only."));
        assert!(what.required && what.kind == ValueKind::Text);
        assert_eq!((what.max_length, what.pattern), (Some(8), Some("[a-z]+")));
        assert_eq!((&count.min, &count.max, &count.value), (&Some(json!(1)), &Some(json!(9)), &json!(1)));
        assert!(!gift.required && gift.kind == ValueKind::Bool);
        let choices: Vec<_> =
            carriers.offered().into_iter().flatten().map(|choice| (&choice.value, &*choice.label)).collect();
        assert_eq!(choices, [(&json!(shop.post.id().number()), "post")]);
        assert_eq!((back.kind, back.table, &back.choices), (ValueKind::Reference, Some("carrier"), &None));
    });
}

#[test]
fn a_form_of_process_fields_shows_what_is_stored() {
    in_a_shop(|shop| {
        let order = sent(json!({"what": "tea", "count": 3, "carriers": [1]}));
        let id = shop.engine.desk(&user("ann")).start(&start(), &order).unwrap();
        let task = open_task(&shop.engine, OrderFlow::check, id);
        let form = shop.engine.desk(&user("ann")).form(task.id).unwrap();
        let values: Vec<_> = form.fields.iter().map(|field| (field.name, &field.value)).collect();
        assert_eq!(values, [("what", &json!("tea")), ("count", &json!(3)), ("carrier", &json!(1))]);
        shop.engine.assign(task.id, &user("ann")).unwrap();
        let filled = sent(json!({"what": "rum", "count": 4, "carrier": null}));
        shop.engine.desk(&user("ann")).execute(task.id, &filled).unwrap();
        let process = shop.engine.process::<OrderFlow>(id).unwrap();
        assert_eq!((process.what.as_str(), process.count, process.carrier), ("rum", 5, None));
        assert_eq!(shop.engine.process_record(id).unwrap().data["order"]["what"], "rum");
    });
}

#[test]
fn a_handler_complains_of_a_field_as_the_rules_do() {
    in_a_shop(|shop| {
        let order = sent(json!({"what": "tea", "count": 3, "carriers": [1]}));
        let id = shop.engine.desk(&user("ann")).start(&start(), &order).unwrap();
        let task = open_task(&shop.engine, OrderFlow::check, id).id;
        shop.engine.assign(task, &user("ann")).unwrap();
        let gin = sent(json!({"what": "gin", "count": 3}));
        let error = shop.engine.desk(&user("ann")).execute(task, &gin).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`order.check` of process 1 (task 1/2): the form is not filled in right: `what` is not sold here"
        );
        assert_eq!(error.field_errors().unwrap().of("what"), ["is not sold here"]);
        assert_eq!(shop.engine.process::<OrderFlow>(id).unwrap().what, "tea");
    });
}

#[test]
fn each_field_has_its_list_of_complaints() {
    in_a_shop(|shop| {
        let refused = |form: Value| complaints(shop.engine.desk(&user("ann")).start(&start(), &sent(form)));
        assert_eq!(refused(json!({})), ["carriers: is required", "what: is required"]);
        assert_eq!(
            refused(json!({"what": "", "count": 10, "carriers": 7, "gift": "maybe", "colour": "red"})),
            [
                "carriers: must be a list",
                "colour: is no field of this form",
                "count: must be at most 9",
                "gift: must be true or false",
                "what: is required"
            ]
        );
        assert_eq!(
            refused(json!({"what": "TEA TEA TEA", "count": 10, "carriers": []})),
            [
                "count: must be at most 9",
                "what: must not be longer than 8 (it is 11 long)",
                "what: must look like `[a-z]+`"
            ]
        );
        assert_eq!(
            refused(json!({"what": "tea", "carriers": [1, shop.idle.id().number()], "back": 99})),
            [
                "back: refers to row 99 of `carrier`, which does not exist",
                "carriers: cannot be 2: it is none of the choices"
            ]
        );
        assert_eq!(shop.engine.processes::<OrderFlow>().list().unwrap().len(), 0, "nothing is written");
    });
}

#[test]
fn a_typed_form_is_held_against_the_same_rules() {
    in_a_shop(|shop| {
        let form = Order { what: "TEA".to_owned(), count: 0, gift: None, carriers: vec![shop.idle], back: None };
        assert_eq!(
            complaints(shop.engine.start(OrderFlow::start, &user("ann"), form)),
            [
                "carriers: cannot be 2: it is none of the choices",
                "count: must be at least 1",
                "what: must look like `[a-z]+`"
            ]
        );
    });
}

#[test]
fn what_is_left_empty_is_none_or_the_default() {
    in_a_shop(|shop| {
        let form = sent(json!({"what": "tea", "carriers": [], "gift": "", "back": null}));
        let id = shop.engine.desk(&user("ann")).start(&start(), &form).unwrap();
        let process = shop.engine.process::<OrderFlow>(id).unwrap();
        assert_eq!((process.count, process.carrier), (1, None));
    });
}

#[derive(Process, Clone, Debug)]
pub struct AnyProcess {
    pub any: Option<Value>,
    pub weight: Option<f64>,
}

#[derive(Flow)]
#[flow(process = AnyProcess)]
pub struct AnyFlow {
    #[fields(any, weight, as = AnyForm)]
    #[next(end)]
    start: Start,
    end: End,
}

#[test]
fn typed_json_that_is_malformed_is_told() {
    let engine = Engine::builder(MemoryStore::new()).flow(AnyFlow::new()).build().unwrap();
    let form = engine.desk(&user("ann")).start_form(&AnyFlow::start.full_name()).unwrap();
    assert_eq!(form.fields[0].value_from_text(r#"{"a": [1]}"#), Ok(json!({"a": [1]})));
    let told = form.fields[0].value_from_text(r#"{"a": [1}"#).unwrap_err();
    assert!(told.starts_with("must be JSON: expected `,` or `]` at line 1"), "{told}");
    assert_eq!(form.fields[1].value_from_text("nan"), Err("must be a number".to_owned()));
    let _ = AnyForm { any: None, weight: None };
}

#[test]
fn typed_text_becomes_values() {
    in_a_shop(|shop| {
        let form = shop.engine.desk(&user("ann")).start_form(&start()).unwrap();
        let typed = |field: usize, text: &str| form.fields[field].value_from_text(text);
        assert_eq!(typed(0, " tea "), Ok(json!("tea")));
        assert_eq!(typed(1, "3"), Ok(json!(3)));
        assert_eq!(typed(1, "three"), Err("must be a whole number".to_owned()));
        assert_eq!(typed(2, "Yes"), Ok(json!(true)));
        assert_eq!(typed(2, ""), Ok(json!(null)));
        assert_eq!(typed(2, "perhaps"), Err("must be yes or no".to_owned()));
        assert_eq!(typed(3, "1, 2,"), Ok(json!([1, 2])));
        assert_eq!(typed(3, ""), Ok(json!([])));
    });
}

#[test]
fn a_field_of_the_process_that_is_not_sent_is_not_overwritten() {
    in_a_shop(|shop| {
        let order = sent(json!({"what": "tea", "count": 3, "carriers": [1]}));
        let id = shop.engine.desk(&user("ann")).start(&start(), &order).unwrap();
        let task = open_task(&shop.engine, OrderFlow::check, id).id;
        shop.engine.assign(task, &user("ann")).unwrap();
        shop.engine.desk(&user("ann")).execute(task, &sent(json!({"count": 4}))).unwrap();
        let process = shop.engine.process::<OrderFlow>(id).unwrap();
        assert_eq!((process.what.as_str(), process.count, process.carrier), ("tea", 5, Some(shop.post)));
    });
}

#[test]
fn an_empty_text_is_no_value_from_rust_either() {
    in_a_shop(|shop| {
        let form = Order { what: String::new(), count: 1, gift: None, carriers: Vec::new(), back: None };
        let refused = complaints(shop.engine.start(OrderFlow::start, &user("ann"), form));
        assert_eq!(refused, ["what: is required"]);
    });
}

#[derive(Form, Clone, Debug)]
pub struct Sizes {
    #[field(default = "m", choices = ["s", "m"])]
    pub size: String,
}

#[derive(Flow)]
pub struct SizeFlow {
    #[form(Sizes)]
    #[submit(Self::begin)]
    #[next(end)]
    start: Start<Artifact<String>>,
    end: End,
}

impl SizeFlow {
    fn begin(&self, a: &mut Activation<Self, Artifact<String>>, form: Sizes) -> Result<()> {
        a.task.artifact = Some(form.size);
        Ok(())
    }
}

#[test]
fn what_has_a_default_may_be_left_out_and_a_wrong_choice_is_told_once() {
    let engine = Engine::builder(MemoryStore::new()).flow(SizeFlow::new()).build().unwrap();
    let start = SizeFlow::start.full_name();
    assert!(!engine.desk(&user("ann")).start_form(&start).unwrap().fields[0].required);
    for form in [json!({}), json!({"size": ""}), json!({"size": null})] {
        let id = engine.desk(&user("ann")).start(&start, &sent(form)).unwrap();
        assert_eq!(engine.tasks(id, 0, 1).unwrap()[0].artifact, "m");
    }
    let wrong = complaints(engine.start(SizeFlow::start, &user("ann"), Sizes { size: "xl".to_owned() }));
    assert_eq!(wrong, ["size: must be one of s, m (it is xl)"]);
}
