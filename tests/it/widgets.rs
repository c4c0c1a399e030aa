//! Hints for drawing a field, and secret values.

use serde_json::{Value, json};
use viewflow::form::FormSpec;
use viewflow::nodes::Node;
use viewflow::prelude::*;
use viewflow::{Document, NodeName};

use crate::support::{events, on_every_store, open_task, user};

#[derive(Choices, Clone, Copy, Debug, PartialEq)]
pub enum Way {
    Foot,
    Train,
}

#[derive(Embedded, Clone, Debug)]
pub struct Login {
    pub name: String,
    #[field(widget = password)]
    pub word: String,
}

#[derive(Form, Clone, Debug)]
pub struct Join {
    #[field(widget = long_text, max_length = 2000)]
    pub about: Option<String>,
    #[field(widget = radio)]
    pub way: Way,
    #[field(widget = radio)]
    pub sure: bool,
    #[field(widget = radio, choices = [1, 2])]
    pub seats: Option<u8>,
    #[field(widget = currency("EUR"))]
    pub fee: u32,
    #[field(widget = unit("kg"))]
    pub weight: Option<f64>,
    #[field(widget = password)]
    pub pin: String,
    pub logins: Vec<Login>,
}

#[derive(Process, Clone, Debug)]
pub struct Member {
    #[field(widget = password)]
    pub pin: String,
    pub login: Option<Login>,
    pub remark: Option<String>,
}

#[derive(Flow)]
#[flow(process = Member)]
pub struct MemberFlow {
    #[form(Join)]
    #[submit(Self::join)]
    #[next(change)]
    start: Start,

    #[fields(pin, login, remark)]
    #[next(end)]
    change: View,

    end: End,
}

impl MemberFlow {
    fn join(&self, a: &mut Activation<Self, ()>, form: Join) -> Result<()> {
        (a.process.pin, a.process.login) = (form.pin, form.logins.into_iter().next());
        Ok(())
    }
}

fn start() -> NodeName {
    MemberFlow::start.full_name()
}

fn sent(value: Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn values(form: &FormSpec) -> Value {
    form.fields.iter().map(|field| (field.name.to_owned(), field.value.clone())).collect()
}

fn joined(engine: &Engine) -> ProcessId {
    let form =
        json!({"way": "foot", "sure": true, "fee": 3, "pin": "s3cret", "logins": [{"name": "ann", "word": "s3cret"}]});
    engine.desk(&user("ann")).start(&start(), &sent(form)).unwrap()
}

#[test]
fn a_field_tells_with_what_it_is_best_filled_in() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(MemberFlow::new()).build().unwrap();
        let form = engine.start_form(&start()).unwrap();
        let widgets: Vec<Value> =
            form.fields.iter().map(|field| serde_json::to_value(field).unwrap()["widget"].clone()).collect();
        let radio = json!({"name": "radio"});
        let expected = [
            json!({"name": "long_text"}),
            radio.clone(),
            radio.clone(),
            radio,
            json!({"name": "currency", "of": "EUR"}),
            json!({"name": "unit", "of": "kg"}),
            json!({"name": "password"}),
            json!(null),
        ];
        assert_eq!(widgets, expected);
        let schema = form.schema();
        assert_eq!(schema["properties"]["pin"]["writeOnly"], true);
        assert_eq!(schema["properties"]["logins"]["items"]["properties"]["word"]["writeOnly"], true);
    });
}

#[test]
fn what_is_secret_is_in_no_draft_and_in_no_description() {
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).flow(MemberFlow::new()).build().unwrap();
        let ann = user("ann");
        let logins = json!([{"name": "ann", "word": "s3cret"}]);
        let draft = sent(json!({"pin": "s3cret", "fee": 3, "logins": logins}));
        engine.desk(&ann).draft_start(&start(), &draft).unwrap();
        let rows = store.rows("viewflow.draft", 0, 10).unwrap();
        assert_eq!(rows[0].1.record.data["form"], json!({"fee": 3, "logins": [{"name": "ann", "word": null}]}));
        let shown = values(&engine.desk(&ann).start_form(&start()).unwrap());
        assert_eq!((&shown["fee"], &shown["pin"]), (&json!(3), &json!(null)));
        let filled = engine.desk(&ann).fill_in_start(&start(), &draft).unwrap();
        assert_eq!(values(&filled.form)["logins"], json!([{"name": "ann", "word": null}]));
        assert!(filled.complaints.of("pin").is_empty(), "it was sent");

        let task = open_task(&engine, MemberFlow::change, joined(&engine)).id;
        engine.assign(task, &ann).unwrap();
        let form = engine.desk(&ann).form(task).unwrap();
        assert_eq!(values(&form), json!({"pin": null, "login": {"name": "ann", "word": null}, "remark": null}));
        assert_eq!(form.fields[1].fields[1].value, json!(null));
        engine.desk(&ann).draft(task, &sent(json!({"pin": "other", "login": {"word": "other"}}))).unwrap();
        let kept = engine.task_record(task).unwrap().draft.unwrap();
        assert_eq!(Value::Object(kept), json!({"login": {"name": "ann", "word": null}}));
    });
}

#[test]
fn what_is_secret_stays_when_it_is_not_sent_and_the_history_tells_no_value_of_it() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(MemberFlow::new()).build().unwrap();
        let (ann, id) = (user("ann"), joined(&engine));
        let task = open_task(&engine, MemberFlow::change, id).id;
        engine.assign(task, &ann).unwrap();
        engine.desk(&ann).execute(task, &sent(json!({"login": {"name": "anna"}, "remark": "new name"}))).unwrap();
        let process = engine.process::<MemberFlow>(id).unwrap();
        let login = process.login.clone().unwrap();
        assert_eq!((&*process.pin, &*login.name, &*login.word), ("s3cret", "anna", "s3cret"));

        let told = engine.events(id, 0, 100).unwrap();
        let changes: Vec<String> = told.iter().flat_map(|event| &event.changes).map(ToString::to_string).collect();
        assert!(!format!("{told:?}").contains("s3cret"), "{changes:?}");
        assert_eq!(
            changes,
            [
                r#"process.login from null to {"name":"ann","word":null}"#,
                "process.pin from null to null",
                r#"process.login from {"name":"ann","word":null} to {"name":"anna","word":null}"#,
                r#"process.remark from null to "new name""#,
            ]
        );
        assert!(!events(&engine, id).is_empty());
    });
}
