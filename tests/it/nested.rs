//! The rules of forms hold in nested structs, lists and maps, at every depth.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use viewflow::nodes::Node;
use viewflow::prelude::*;
use viewflow::{Document, NodeName};

use crate::support::{of, on_every_store, open_task, user};

#[derive(Entity, Clone, Debug)]
#[entity(table = "nested_doctor")]
pub struct Doctor {
    #[id]
    pub id: Id<Self>,
    pub name: String,
}

/// The same struct, once as a form and once nested in another form.
macro_rules! patient {
    ($module:ident, $derive:ident) => {
        pub mod $module {
            use viewflow::prelude::*;

            #[derive($derive, Clone, Debug)]
            pub struct Patient {
                #[field(max_length = 5, pattern = "[a-z ]*")]
                pub name: String,
                pub phone: Option<String>,
                #[field(min = 1, max = 9)]
                pub level: u16,
                #[field(default = 3, max = 5)]
                pub count: i8,
                #[field(choices = ["x", "y"])]
                pub way: Option<String>,
                pub tags: Vec<String>,
                pub notes: Vec<Option<String>>,
                pub doctor: Option<Ref<super::Doctor>>,
            }
        }
    };
}
patient!(top, Form);
patient!(inner, Embedded);

#[derive(Embedded, Clone, Debug)]
pub struct Ward {
    pub one: inner::Patient,
}

#[derive(Form, Clone, Debug)]
pub struct House {
    pub one: Option<inner::Patient>,
    #[field(default = vec![])]
    pub all: Vec<inner::Patient>,
    #[field(default = BTreeMap::new())]
    pub by: BTreeMap<String, inner::Patient>,
    pub ward: Option<Ward>,
}

#[derive(Process, Clone, Debug)]
pub struct Seen {
    pub patient: String,
}

#[derive(Flow)]
#[flow(process = Seen)]
pub struct HouseFlow {
    #[form(top::Patient)]
    #[submit(Self::alone)]
    #[next(end)]
    alone: Start,

    #[form(House)]
    #[submit(Self::within)]
    #[next(end)]
    within: Start,

    end: End,
}

impl HouseFlow {
    fn alone(&self, a: &mut Activation<Self, ()>, form: top::Patient) -> Result<()> {
        a.process.patient = format!("{form:?}");
        Ok(())
    }

    fn within(&self, a: &mut Activation<Self, ()>, form: House) -> Result<()> {
        let mut all = form.one.into_iter().chain(form.all).chain(form.by.into_values());
        let patient = form.ward.map(|ward| ward.one).or_else(|| all.next_back());
        a.process.patient = format!("{:?}", patient.unwrap());
        Ok(())
    }
}

fn sent(value: &Value) -> Document {
    value.as_object().cloned().unwrap()
}

/// The outcome when Ann sends this form: the patient as it was read, or the complaints.
fn outcome(engine: &Engine, start: &NodeName, form: &Value) -> Result<String, Vec<String>> {
    match engine.desk(&user("ann")).start(start, &sent(form)) {
        Ok(id) => Ok(engine.process::<HouseFlow>(id).unwrap().patient.clone()),
        Err(error) => Err(of(error.field_errors().unwrap_or_else(|| panic!("complaints, not: {error}")))),
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        3 => Just(json!("")),
        2 => Just(json!("  ")),
        2 => Just(Value::Null),
        2 => Just(json!("x")),
        1 => Just(json!("too long for it")),
        3 => (-2..12_i64).prop_map(Value::from),
        1 => Just(json!(70000)),
        1 => Just(json!(true)),
        1 => Just(json!({"x": ""})),
    ];
    prop_oneof![4 => leaf.clone(), 1 => proptest::collection::vec(leaf, 0..3).prop_map(Value::from)]
}

fn good() -> Value {
    json!({"name": "ann", "level": 5, "tags": ["x"], "notes": ["x", null]})
}

/// A patient with some valid fields and some random ones, misspelt names included.
fn any_patient() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        Just("name"),
        Just("phone"),
        Just("level"),
        Just("count"),
        Just("way"),
        Just("tags"),
        Just("notes"),
        Just("doctor"),
        Just("fone"),
    ];
    (proptest::collection::btree_map(names, any_value(), 0..4), proptest::option::of(Just("level"))).prop_map(
        |(changes, left_out)| {
            let mut patient = sent(&good());
            patient.extend(changes.into_iter().map(|(name, value)| (name.to_owned(), value)));
            left_out.map(|name| patient.remove(name));
            Value::Object(patient)
        },
    )
}

#[test]
fn what_is_said_of_a_form_is_said_of_the_same_struct_within_another_one() {
    let engine = Engine::builder(MemoryStore::new()).flow(HouseFlow::new()).build().unwrap();
    let (alone, within) = (HouseFlow::alone_node.full_name(), HouseFlow::within_node.full_name());
    proptest!(|(patient in any_patient())| {
        let expected = outcome(&engine, &alone, &patient);
        let places = [
            ("one", json!({"one": patient})),
            ("all.1", json!({"all": [good(), patient]})),
            ("by.k", json!({"by": {"k": patient}})),
            ("ward.one", json!({"ward": {"one": patient}})),
        ];
        for (path, form) in places {
            let nested = |complaints: Vec<String>| complaints.iter().map(|told| format!("{path}.{told}")).collect();
            prop_assert_eq!(outcome(&engine, &within, &form), expected.clone().map_err(nested), "{}", form);
        }
    });
}

#[test]
fn an_empty_text_in_a_nested_struct_is_none_or_missing_and_a_misspelt_key_is_told() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(HouseFlow::new()).build().unwrap();
        let within = HouseFlow::within_node.full_name();
        let of_one = |change: Value| {
            let mut patient = sent(&good());
            patient.extend(sent(&change));
            outcome(&engine, &within, &json!({"one": patient}))
        };
        assert!(of_one(json!({"phone": ""})).unwrap().contains("phone: None"));
        assert!(of_one(json!({"phone": " \t"})).unwrap().contains("phone: None"), "a text of blanks is empty");
        assert!(of_one(json!({"count": ""})).unwrap().contains("count: 3"), "what has a default may be left empty");
        assert_eq!(of_one(json!({"name": ""})).unwrap_err(), ["one.name: is required"]);
        assert_eq!(of_one(json!({"name": "  "})).unwrap_err(), ["one.name: is required"]);
        assert_eq!(of_one(json!({"fone": "1"})).unwrap_err(), ["one.fone: is no field of this form"]);
        assert_eq!(of_one(json!({"tags": ["x", ""]})).unwrap_err(), ["one.tags.1: is required"]);
        assert!(of_one(json!({"notes": ["x", ""]})).unwrap().contains(r#"notes: [Some("x"), None]"#));
    });
}

#[test]
fn all_that_is_wrong_is_told_at_once_each_at_its_place() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(HouseFlow::new()).build().unwrap();
        let mut bad = sent(&good());
        bad.extend(sent(&json!({"name": "much too long", "level": -1, "doctor": 77, "tags": [1, "x", 2]})));
        let form = json!({"one": bad, "all": [good(), 5, bad], "by": {"k": {"name": "k"}}, "nobody": 1});
        let told = outcome(&engine, &HouseFlow::within_node.full_name(), &form).unwrap_err();
        let of_bad = [
            "doctor: refers to row 77 of `nested_doctor`, which does not exist",
            "level: must be a whole number from 1 to 9",
            "name: must not be longer than 5 (it is 13 long)",
            "tags.0: must be text",
            "tags.2: must be text",
        ];
        let at = |path: &str| of_bad.map(|told| format!("{path}.{told}"));
        let mut expected = vec!["all.1: must be an object".to_owned()];
        expected.extend(at("all.2"));
        expected.extend(["level", "notes", "tags"].map(|field| format!("by.k.{field}: is required")));
        expected.push("nobody: is no field of this form".to_owned());
        expected.extend(at("one"));
        assert_eq!(told, expected);
        let gone = json!({"all": [{"name": "a", "level": 1, "tags": [], "notes": [], "doctor": 77}]});
        let told = outcome(&engine, &HouseFlow::within_node.full_name(), &gone).unwrap_err();
        assert_eq!(told, ["all.0.doctor: refers to row 77 of `nested_doctor`, which does not exist"]);
    });
}

#[test]
fn a_form_that_code_fills_in_is_held_to_the_same_rules() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(HouseFlow::new()).build().unwrap();
        let patient = |count| inner::Patient {
            name: " ".into(),
            phone: None,
            level: 5,
            count,
            way: None,
            tags: vec![String::new()],
            notes: vec![None],
            doctor: None,
        };
        let house = House {
            one: Some(patient(9)),
            all: vec![patient(1)],
            by: BTreeMap::from([("k".to_owned(), inner::Patient { way: Some("z".into()), ..patient(9) })]),
            ward: Some(Ward { one: patient(2) }),
        };
        let error = engine.start(HouseFlow::within_node, &user("ann"), house).unwrap_err();
        let expected = [
            "all.0.name: is required",
            "all.0.tags.0: is required",
            "by.k.count: must be at most 5",
            "by.k.way: must be one of x, y (it is z)",
            "one.count: must be at most 5",
            "ward.one.name: is required",
            "ward.one.tags.0: is required",
        ];
        assert_eq!(of(error.field_errors().unwrap()), expected);
    });
}

// ---- keys say where values are stored, names are what people see and send

#[derive(Embedded, Clone, Debug)]
pub struct Address {
    #[field(key = "lines.first")]
    pub street: String,
    #[field(key = "t")]
    pub town: Option<String>,
}

#[derive(Process, Clone, Debug)]
pub struct Move {
    #[field(default = Address { street: "Elm St".into(), town: None })]
    pub to: Address,
    pub past: Vec<Address>,
}

#[derive(Flow)]
#[flow(process = Move)]
pub struct MoveFlow {
    #[next(fill)]
    start: StartHandle,
    #[fields(to, past)]
    #[next(end)]
    fill: View,
    end: End,
}

#[test]
fn a_page_can_send_back_the_nested_fields_it_was_shown() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(MoveFlow::new()).build().unwrap();
        let id = engine.run(MoveFlow::start, ()).unwrap().id;
        let task = open_task(&engine, MoveFlow::fill, id).id;
        engine.assign(task, &user("ann")).unwrap();
        let shown: Document = engine
            .desk(&user("ann"))
            .form(task)
            .unwrap()
            .fields
            .into_iter()
            .map(|field| (field.name.to_owned(), field.value))
            .collect();
        assert_eq!(shown["to"], json!({"street": "Elm St", "town": null}));
        let mut back = shown;
        back["to"]["town"] = json!("Ys");
        back["past"] = json!([{"street": "Oak St"}]);
        engine.desk(&user("ann")).execute(task, &back).unwrap();
        let process = engine.process::<MoveFlow>(id).unwrap();
        assert_eq!((&*process.to.street, process.to.town.as_deref()), ("Elm St", Some("Ys")));
        assert_eq!(process.past[0].street, "Oak St");
        let stored = engine.process_record(id).unwrap().data;
        assert_eq!(stored["to"], json!({"lines": {"first": "Elm St"}, "t": "Ys"}), "stored under their keys");
    });
}
