//! A form that is sent in part: missing fields stay, and null empties a field.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use viewflow::nodes::Node;
use viewflow::prelude::*;
use viewflow::{Document, Store};

use crate::support::{complaints, do_next, of, on_every_store, open_task, user};

#[derive(Embedded, Clone, Debug, PartialEq)]
pub struct Place {
    #[field(key = "s", max_length = 5)]
    pub street: String,
    pub town: Option<String>,
    #[field(default = 1)]
    pub floor: u8,
}

#[derive(Process, Clone, Debug)]
pub struct Parcel {
    pub remark: Option<String>,
    #[field(default = 1, max = 9)]
    pub count: u8,
    pub fragile: bool,
    #[field(default = Place { street: "Elm".into(), town: Some("Ys".into()), floor: 3 })]
    pub to: Place,
    pub from: Option<Place>,
    pub by: BTreeMap<String, Place>,
    pub past: Vec<Place>,
    #[field(column, index)]
    pub number: u32,
    pub any: Option<Value>,
}

#[derive(Flow)]
#[flow(process = Parcel)]
pub struct ParcelFlow {
    #[fields(remark, count, to, number, fragile)]
    #[next(change)]
    start: Start,

    #[next(fill)]
    begin: StartHandle,

    #[fields(remark, count, fragile, to, from, by, past, number, any)]
    #[next(change)]
    fill: View,

    #[fields(remark, count, fragile, to, from, by, past, number, any)]
    #[next(end)]
    change: View,

    end: End,
}

fn sent(value: &Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn place(street: &str, town: Option<&str>) -> Place {
    Place { street: street.to_owned(), town: town.map(str::to_owned), floor: 2 }
}

/// A parcel with all fields filled in, and its next form, which Ann has.
fn parcel(engine: &Engine) -> (ProcessId, TaskId) {
    let (id, ann) = (engine.run(ParcelFlow::begin, ()).unwrap().id, user("ann"));
    let form = FillFields {
        remark: Some("fragile!".into()),
        count: 4,
        fragile: true,
        to: place("Oak", Some("Ur")),
        from: Some(place("Ash", None)),
        by: BTreeMap::from([("a".into(), place("One", Some("Ys"))), ("b".into(), place("Two", None))]),
        past: vec![place("Old", None), place("Older", Some("Ys"))],
        number: 7,
        any: Some(json!({"x": {"y": 1}})),
    };
    do_next(engine, ParcelFlow::fill, id, form);
    let task = open_task(engine, ParcelFlow::change, id).id;
    engine.assign(task, &ann).unwrap();
    (id, task)
}

fn build(store: std::sync::Arc<dyn Store>) -> Engine {
    Engine::builder(store).flow(ParcelFlow::new()).build().unwrap()
}

/// The outcome for the parcel when Ann sends this.
fn outcome(engine: &Engine, patch: &Value) -> Result<String, Vec<String>> {
    let (id, task) = parcel(engine);
    match engine.desk(&user("ann")).execute(task, &sent(patch)) {
        Ok(()) => Ok(fields(engine, id)),
        Err(error) => Err(of(error.field_errors().unwrap_or_else(|| panic!("complaints, not: {error}")))),
    }
}

fn fields(engine: &Engine, id: ProcessId) -> String {
    let process = engine.process::<ParcelFlow>(id).unwrap();
    let parcel: &Parcel = &process;
    format!("{parcel:?}")
}

/// The values that the form shows.
fn shown(engine: &Engine, task: TaskId) -> Value {
    let form = engine.desk(&user("ann")).form(task).unwrap();
    form.fields.into_iter().map(|field| (field.name.to_owned(), field.value)).collect()
}

#[test]
fn what_is_not_sent_stays_and_null_empties() {
    on_every_store(|store| {
        let engine = build(store);
        let before = outcome(&engine, &json!({})).unwrap();
        assert!(before.contains("fragile!") && before.contains("number: 7"), "{before}");
        for (patch, old, new) in [
            (json!({"remark": null}), r#"Some("fragile!")"#, "None"),
            (json!({"remark": ""}), r#"Some("fragile!")"#, "None"),
            (json!({"fragile": false}), "fragile: true", "fragile: false"),
            (json!({"to": {"street": "Fir"}}), r#""Oak""#, r#""Fir""#),
            (json!({"to": {"town": null}}), r#"Some("Ur")"#, "None"),
            (json!({"from": null}), r#"Some(Place { street: "Ash", town: None, floor: 2 })"#, "None"),
            (json!({"from": {"town": "Ur"}}), r#""Ash", town: None"#, r#""Ash", town: Some("Ur")"#),
            (json!({"by": {"a": {"town": null}}}), r#""One", town: Some("Ys")"#, r#""One", town: None"#),
            (json!({"by": {"b": null}}), r#", "b": Place { street: "Two", town: None, floor: 2 }"#, ""),
            (
                json!({"past": [{"street": "New"}]}),
                r#"[Place { street: "Old", town: None, floor: 2 }, Place { street: "Older", town: Some("Ys"), floor: 2 }]"#,
                r#"[Place { street: "New", town: None, floor: 1 }]"#,
            ),
            (
                json!({"past": []}),
                r#"[Place { street: "Old", town: None, floor: 2 }, Place { street: "Older", town: Some("Ys"), floor: 2 }]"#,
                "[]",
            ),
            (json!({"number": 8}), "number: 7", "number: 8"),
            (json!({"any": {"z": null}}), r#"{"x": Object {"y": Number(1)}}"#, r#"{"z": Null}"#),
            (json!({"any": null}), r#"Some(Object {"x": Object {"y": Number(1)}})"#, "None"),
        ] {
            let after = before.replace(old, new);
            assert_ne!(after, before, "{old} is not in {before}");
            assert_eq!(outcome(&engine, &patch).unwrap(), after, "{patch}");
        }
    });
}

#[test]
fn a_required_field_that_is_emptied_is_required_and_what_is_no_field_is_told() {
    on_every_store(|store| {
        let engine = build(store);
        let told = |patch: Value| outcome(&engine, &patch).unwrap_err();
        assert_eq!(told(json!({"count": null})), ["count: is required"]);
        assert_eq!(told(json!({"fragile": null, "number": null})), ["fragile: is required", "number: is required"]);
        assert_eq!(told(json!({"to": null})), ["to: is required"]);
        assert_eq!(told(json!({"to": {"street": null}})), ["to.street: is required"]);
        assert_eq!(told(json!({"to": {"stret": null}})), ["to.stret: is no field of this form"]);
        assert_eq!(told(json!({"by": {"c": {"town": "Ys"}}})), ["by.c.street: is required"], "it is a new one");
        assert_eq!(
            told(json!({"past": [{"town": "Ys"}]})),
            ["past.0.street: is required"],
            "lists are sent as a whole"
        );
        assert_eq!(told(json!({"to": 5, "count": 10})), ["count: must be at most 9", "to: must be an object"]);
    });
}

#[test]
fn what_a_start_leaves_out_is_the_default_if_there_is_one() {
    on_every_store(|store| {
        let engine = build(store);
        let start = ParcelFlow::start.full_name();
        let told = complaints(engine.desk(&user("ann")).start(&start, &Document::new()));
        assert_eq!(told, ["fragile: is required", "number: is required"]);
        let form = json!({"number": 3, "fragile": true, "to": {"street": "Fir"}});
        let id = engine.desk(&user("ann")).start(&start, &sent(&form)).unwrap();
        let process = engine.process::<ParcelFlow>(id).unwrap();
        assert_eq!((process.number, process.count), (3, 1));
        assert_eq!(process.to, Place { street: "Fir".into(), town: Some("Ys".into()), floor: 3 });
        let null = json!({"number": 3, "fragile": true, "count": null});
        assert_eq!(complaints(engine.desk(&user("ann")).start(&start, &sent(&null))), ["count: is required"]);
    });
}

#[test]
fn what_was_drafted_stays_unless_it_is_sent_anew() {
    on_every_store(|store| {
        let (engine, ann) = (build(store), user("ann"));
        let (id, task) = parcel(&engine);
        let draft = |patch: Value| engine.desk(&ann).draft(task, &sent(&patch)).unwrap();
        draft(json!({"remark": null, "count": 5, "to": {"street": "Fir"}}));
        draft(json!({"to": {"town": null}, "past": []}));
        let drafted = shown(&engine, task);
        assert_eq!(drafted["to"], json!({"street": "Fir", "town": null, "floor": 2}));
        assert_eq!((&drafted["remark"], &drafted["count"], &drafted["past"]), (&json!(null), &json!(5), &json!([])));
        assert_eq!(drafted["number"], 7, "what was not drafted is as it is stored");
        engine.desk(&ann).execute(task, &sent(&json!({"count": 6}))).unwrap();
        let process = engine.process::<ParcelFlow>(id).unwrap();
        assert_eq!((process.remark.as_deref(), process.count, process.past.len()), (None, 6, 0));
        assert_eq!(process.to, Place { street: "Fir".into(), town: None, floor: 2 });
    });
}

#[test]
fn code_that_fills_in_a_form_gives_all_of_it_whatever_was_drafted() {
    on_every_store(|store| {
        let (engine, ann) = (build(store), user("ann"));
        let (id, task) = parcel(&engine);
        engine.desk(&ann).draft(task, &sent(&json!({"remark": "drafted"}))).unwrap();
        let form = ChangeFields {
            remark: None,
            count: 1,
            fragile: false,
            to: place("Fir", None),
            from: None,
            by: BTreeMap::new(),
            past: Vec::new(),
            number: 1,
            any: None,
        };
        engine.task(ParcelFlow::change, task).unwrap().assign(&ann).unwrap().execute(&ann, form).unwrap();
        assert_eq!(engine.process::<ParcelFlow>(id).unwrap().remark, None);
    });
}

// ---- sending part of a form has the same effect as sending all of it

fn any_place() -> BoxedStrategy<Value> {
    let text =
        || prop_oneof![Just(json!(null)), Just(json!("")), Just(json!("abc")), Just(json!("too long")), Just(json!(7))];
    let floor = prop_oneof![Just(json!(null)), (-1_i64..5).prop_map(Value::from)];
    let keys = (proptest::option::of(text()), proptest::option::of(text()), proptest::option::of(floor));
    let object = keys.prop_map(|(street, town, floor)| {
        let named = [("street", street), ("town", town), ("floor", floor)];
        named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Value>()
    });
    prop_oneof![8 => object, 1 => Just(json!(null)), 1 => Just(json!(5))].boxed()
}

fn any_patch() -> impl Strategy<Value = Value> {
    let scalar =
        || prop_oneof![Just(json!(null)), Just(json!(true)), Just(json!("x")), (0_i64..12).prop_map(Value::from)];
    let map = proptest::collection::btree_map("[abc]", any_place(), 0..3).prop_map(|map| map.into_iter().collect());
    let list = proptest::collection::vec(any_place(), 0..3).prop_map(Value::Array);
    let fields: Vec<BoxedStrategy<Option<(String, Value)>>> = vec![
        named("remark", scalar().boxed()),
        named("count", scalar().boxed()),
        named("fragile", scalar().boxed()),
        named("number", scalar().boxed()),
        named("to", any_place()),
        named("from", any_place()),
        named("by", map.boxed()),
        named("past", list.boxed()),
        named("nobody", scalar().boxed()),
    ];
    fields.prop_map(|fields| fields.into_iter().flatten().collect())
}

fn named(name: &'static str, value: BoxedStrategy<Value>) -> BoxedStrategy<Option<(String, Value)>> {
    proptest::option::weighted(0.3, value.prop_map(move |value| (name.to_owned(), value))).boxed()
}

/// RFC 7396, section 2, word by word.
fn merge_patch(target: &Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut merged = target.as_object().cloned().unwrap_or_else(Map::new);
    for (name, value) in patch {
        if value.is_null() {
            merged.remove(name);
        } else {
            let value = merge_patch(merged.get(name).unwrap_or(&Value::Null), value);
            merged.insert(name.clone(), value);
        }
    }
    Value::Object(merged)
}

/// The whole form, with a null for each missing field.
fn whole(before: &Value, merged: &Value, patch: &Value) -> Value {
    let Value::Object(fields) = merged else { return merged.clone() };
    let mut fields = fields.clone();
    for (name, value) in &mut fields {
        *value = whole(&before[name], value, &patch[name]);
    }
    for gone in [before, patch].into_iter().filter_map(Value::as_object).flat_map(|object| object.keys()) {
        fields.entry(gone.clone()).or_insert(Value::Null);
    }
    Value::Object(fields)
}

#[test]
fn what_is_sent_in_part_is_as_if_the_whole_had_been_sent() {
    let engine = build(std::sync::Arc::new(MemoryStore::new()));
    let before = shown(&engine, parcel(&engine).1);
    let whole_of = |patch: &Value| whole(&before, &merge_patch(&before, patch), patch);
    let unchanged = outcome(&engine, &json!({}));
    assert_eq!(outcome(&engine, &before), unchanged);
    proptest!(ProptestConfig::with_cases(400), |(patch in any_patch())| {
        let whole = whole_of(&patch);
        prop_assert_eq!(outcome(&engine, &patch), outcome(&engine, &whole), "{} is {}", patch, whole);
        // Follows the RFC for every reader: each sent field has the value that it has in the whole form.
        let (_, task) = parcel(&engine);
        let parts = sent(&patch);
        engine.desk(&user("ann")).draft(task, &parts).unwrap();
        let drafted = engine.task_record(task).unwrap().draft.unwrap();
        for (name, value) in &drafted {
            let expected = merge_patch(&before, &patch).get(name).cloned().unwrap_or_default();
            prop_assert_eq!(without_null(value), without_null(&expected), "{}", name);
        }
        prop_assert_eq!(drafted.len(), parts.len());
    });
}

/// An object with a null field counts as one without that field.
fn without_null(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let there = fields.iter().filter(|(_, value)| !value.is_null());
            there.map(|(name, value)| (name.clone(), without_null(value))).collect()
        }
        value => value.clone(),
    }
}
