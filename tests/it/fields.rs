//! Field types and field options.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::{Date, DateTime, Time, date, time};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;
use viewflow::document::Fields;
use viewflow::field::FieldType;
use viewflow::prelude::*;
use viewflow::{Document, FieldErrors, document};

use crate::support::of;

fn doc(value: Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn read<T: Fields>(value: Value) -> Result<T, FieldErrors> {
    document::read(&doc(value))
}

/// Asserts that a value survives its encoding, and that the encoding is as expected.
fn kept<T: FieldType + PartialEq + std::fmt::Debug>(value: T, encoded: Value) {
    assert_eq!(value.encode().unwrap(), encoded);
    assert_eq!(T::decode(&encoded).unwrap(), value);
}

#[derive(Choices, Clone, Copy, Debug, PartialEq)]
enum Carrier {
    Post,
    #[choice(value = "dhl", label = "By DHL")]
    Courier,
    HomingPigeon,
}

#[derive(Embedded, Clone, Debug, PartialEq)]
struct Address {
    #[field(max_length = 10)]
    street: String,
    zip: Option<u32>,
}

#[derive(Entity, Clone, Debug)]
struct Post {
    #[id]
    id: Id<Post>,
    title: String,
}

#[test]
fn every_field_type_is_kept_as_json() {
    kept(true, json!(true));
    kept(-7_i8, json!(-7));
    kept(u64::MAX, json!(u64::MAX));
    kept(i64::MIN, json!(i64::MIN));
    kept(0.25_f32, json!(0.25));
    kept(1e300, json!(1e300));
    kept("ü\0".to_owned(), json!("ü\0"));
    kept(Bytes(vec![0, 255, 7]), json!("AP8H"));
    kept(json!({"any": [1, null]}), json!({"any": [1, null]}));
    kept(Some(3_u8), json!(3));
    kept(None::<u8>, json!(null));
    kept(vec![Some(1_u8), None], json!([1, null]));
    kept(BTreeMap::from([("a".to_owned(), vec![true])]), json!({"a": [true]}));
    kept(HashMap::from([("a".to_owned(), 1), ("b".to_owned(), 2_usize)]), json!({"a": 1, "b": 2}));
    kept(isize::MIN, json!(isize::MIN));
    kept(Carrier::Courier, json!("dhl"));
    kept(Carrier::HomingPigeon, json!("homing_pigeon"));
    kept(Address { street: "Main".to_owned(), zip: None }, json!({"street": "Main", "zip": null}));
    kept(Id::<Post>::from_number(4).to_ref(), json!(4));
    kept("12.50".parse::<Decimal>().unwrap(), json!("12.50"));
    kept(date(2026, 11, 22), json!("2026-11-22"));
    kept(time(13, 45, 0, 0), json!("13:45:00"));
    kept(date(2026, 11, 22).at(13, 45, 0, 0), json!("2026-11-22T13:45:00"));
    kept("2026-11-22T13:45:00Z".parse::<Timestamp>().unwrap(), json!("2026-11-22T13:45:00Z"));
    kept(SignedDuration::from_mins(90), json!("PT1H30M"));
    kept(Uuid::nil(), json!("00000000-0000-0000-0000-000000000000"));
}

#[test]
fn a_value_of_another_type_is_refused_in_plain_words() {
    let refused = |result: Result<(), String>, message: &str| assert_eq!(result.unwrap_err(), message);
    refused(bool::decode(&json!("yes")).map(drop), "must be true or false");
    refused(u8::decode(&json!(256)).map(drop), "must be a whole number from 0 to 255");
    refused(i8::decode(&json!(1.5)).map(drop), "must be a whole number from -128 to 127");
    refused(f64::decode(&json!("1")).map(drop), "must be a number");
    refused(f64::NAN.encode().map(drop), "is NaN, which is no finite number");
    refused(String::decode(&json!(1)).map(drop), "must be text");
    refused(Bytes::decode(&json!("?")).map(drop), "must be bytes in base64");
    refused(Carrier::decode(&json!("ship")).map(drop), "must be one of post, dhl, homing_pigeon");
    refused(
        Vec::<u8>::decode(&json!([1, "x"])).map(drop),
        "has an item, number 2, that must be a whole number from 0 to 255",
    );
    refused(Address::decode(&json!({"street": 5})).map(drop), "is not right inside: `street` must be text");
    refused(Ref::<Post>::decode(&json!(0)).map(drop), "must be the number of a row of `post`");
    refused(
        Ref::<Post>::encode(&Id::NEW.to_ref()).map(drop),
        "refers to a row that is not stored yet: insert it first",
    );
    refused(Decimal::decode(&json!("1,5")).map(drop), "must be a decimal number such as 12.50");
    refused(Date::decode(&json!("22.11.2026")).map(drop), "must be a date such as 2026-11-22");
    refused(Time::decode(&json!("late")).map(drop), "must be a time such as 13:45:00");
    refused(DateTime::decode(&json!(7)).map(drop), "must be a date and time such as 2026-11-22T13:45:00");
    refused(Uuid::decode(&json!("x")).map(drop), "must be a UUID such as 67e55044-10b1-426f-9247-bb680e5fe0c8");
}

proptest! {
    #[test]
    fn numbers_and_texts_survive(whole: i64, big: u64, number in -1e300..1e300f64, text: String, bytes: Vec<u8>) {
        prop_assert_eq!(i64::decode(&whole.encode().unwrap()).unwrap(), whole);
        prop_assert_eq!(u64::decode(&big.encode().unwrap()).unwrap(), big);
        prop_assert_eq!(f64::decode(&number.encode().unwrap()).unwrap().to_bits(), number.to_bits());
        prop_assert_eq!(String::decode(&text.encode().unwrap()).unwrap(), text);
        prop_assert_eq!(Bytes::decode(&Bytes(bytes.clone()).encode().unwrap()).unwrap(), Bytes(bytes));
    }

    #[test]
    fn calendar_values_survive(seconds in -377_000_000_000..253_000_000_000_i64, nanos in 0..1_000_000_000_i32) {
        let time = Timestamp::new(seconds, nanos).unwrap();
        prop_assert_eq!(Timestamp::decode(&time.encode().unwrap()).unwrap(), time);
        let civil = time.to_zoned_datetime(jiff::tz::TimeZone::UTC).datetime();
        prop_assert_eq!(DateTime::decode(&civil.encode().unwrap()).unwrap(), civil);
        let duration = SignedDuration::new(seconds, nanos * seconds.signum() as i32);
        prop_assert_eq!(SignedDuration::decode(&duration.encode().unwrap()).unwrap(), duration);
    }
}

#[derive(Process, Clone, Debug, PartialEq)]
struct Order {
    #[field(default = Carrier::Post)]
    carrier: Carrier,
    #[field(default = "none", choices = ["none", "some"])]
    insurance: String,
    #[field(min = 1, max = 9)]
    parcels: Option<u8>,
    #[field(max_length = 5)]
    remark: String,
    #[field(pattern = "[A-Z]{2}-[0-9]+")]
    tag: Option<String>,
    #[field(key = "ship.to")]
    to: Option<Address>,
    #[field(key = "ship.by", was = "deadline", was = "old.deadline")]
    by: Option<Date>,
    #[field(choices = [("s", "Small"), ("l", "Large")])]
    sizes: Vec<String>,
}

fn order() -> Order {
    read(json!({})).unwrap()
}

fn complaints(order: &Order) -> Vec<String> {
    let mut document = doc(json!({"kept": 1}));
    let errors = document::write(order, &mut document).unwrap_err();
    assert_eq!(document, doc(json!({"kept": 1})), "nothing is written");
    of(&errors)
}

#[test]
fn a_process_starts_with_its_defaults_and_stores_them() {
    let order = order();
    assert_eq!(order.carrier, Carrier::Post);
    assert_eq!(order.insurance, "none");
    assert_eq!((order.parcels, order.remark.as_str(), order.sizes.len()), (None, "", 0));
    let mut stored = Document::new();
    document::write(&order, &mut stored).unwrap();
    assert_eq!(stored["carrier"], "post");
    assert_eq!(stored["insurance"], "none");
}

#[test]
fn each_rule_is_held_on_write() {
    assert_eq!(complaints(&Order { parcels: Some(0), ..order() }), ["parcels: must be at least 1"]);
    assert_eq!(complaints(&Order { parcels: Some(10), ..order() }), ["parcels: must be at most 9"]);
    let long = Order { remark: "ÄÖÜäöü".to_owned(), ..order() };
    assert_eq!(complaints(&long), ["remark: must not be longer than 5 (it is 6 long)"]);
    let tagged = Order { tag: Some("AB-1x".to_owned()), ..order() };
    assert_eq!(complaints(&tagged), ["tag: must look like `[A-Z]{2}-[0-9]+`"]);
    let insured = Order { insurance: "all".to_owned(), ..order() };
    assert_eq!(complaints(&insured), ["insurance: must be one of none, some (it is all)"]);
    let sized = Order { sizes: vec!["s".to_owned(), "m".to_owned()], ..order() };
    assert_eq!(complaints(&sized), ["sizes: must be one of s, l (it is m)"]);
    let sized = Order { sizes: ["xs", "s", "m"].map(str::to_owned).to_vec(), ..order() };
    assert_eq!(
        complaints(&sized),
        ["sizes: must be one of s, l (it is xs)", "sizes: must be one of s, l (it is m)"],
        "all at once"
    );
    let far = Order { to: Some(Address { street: "x".repeat(11), zip: None }), ..order() };
    assert_eq!(complaints(&far).len(), 1);
    let right = Order { parcels: Some(9), remark: "ÄÖÜäö".to_owned(), tag: Some("AB-1".to_owned()), ..order() };
    document::write(&right, &mut Document::new()).unwrap();
}

#[test]
fn each_rule_is_held_on_load_and_all_complaints_are_told() {
    let errors = read::<Order>(json!({"parcels": 10, "carrier": "ship", "remark": 7})).unwrap_err();
    assert_eq!(
        of(&errors),
        ["carrier: must be one of post, dhl, homing_pigeon", "parcels: must be at most 9", "remark: must be text"]
    );
    assert_eq!(of(&read::<Order>(json!({"parcels": 10})).unwrap_err()), ["parcels: must be at most 9"]);
}

#[test]
fn keys_a_proxy_does_not_know_are_kept_nested_ones_too() {
    let mut stored = doc(json!({"mine": 1, "ship": {"cost": 5, "to": {"street": "A", "floor": 3}}}));
    let mut order: Order = document::read(&stored).unwrap();
    assert_eq!(order.to.as_ref().unwrap().street, "A");
    order.to.as_mut().unwrap().street = "B".to_owned();
    document::write(&order, &mut stored).unwrap();
    assert_eq!(stored["mine"], 1);
    assert_eq!(stored["ship"]["cost"], 5);
    assert_eq!(stored["ship"]["to"], json!({"street": "B", "zip": null, "floor": 3}));
}

#[test]
fn a_renamed_field_is_read_under_its_old_key_and_moved_when_written() {
    for old in [json!({"deadline": "2026-12-24"}), json!({"old": {"deadline": "2026-12-24", "x": 1}})] {
        let mut stored = doc(old);
        let order: Order = document::read(&stored).unwrap();
        assert_eq!(order.by, Some(date(2026, 12, 24)));
        document::write(&order, &mut stored).unwrap();
        assert_eq!(stored["ship"]["by"], "2026-12-24");
        assert!(!stored.contains_key("deadline"));
        assert!(stored.get("old").is_none_or(|old| old == &json!({"x": 1})), "{stored:?}");
    }
}

#[derive(Embedded, Clone, Debug)]
struct Moved {
    #[field(key = "a.b", was = "a")]
    value: u8,
}

#[test]
fn a_key_may_move_below_itself() {
    let mut stored = doc(json!({"a": 3}));
    let moved: Moved = document::read(&stored).unwrap();
    document::write(&moved, &mut stored).unwrap();
    assert_eq!(Value::from(stored.clone()), json!({"a": {"b": 3}}));
    let again: Moved = document::read(&stored).unwrap();
    document::write(&again, &mut stored).unwrap();
    assert_eq!(Value::from(stored), json!({"a": {"b": 3}}));
    assert_eq!(again.value, 3);
}

#[derive(Process, Clone, Debug)]
struct Total {
    #[field(max = 100)]
    parcels: Option<u8>,
    #[field(key = "sum")]
    total: u32,
}

#[derive(Flow)]
#[flow(process = Order)]
struct OrderFlow {
    #[call(Self::count)]
    #[next(end)]
    start: StartHandle,
    end: End,
}

impl OrderFlow {
    fn count(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.parcels = Some(4);
        let seen = a.process.proxy::<Total>()?;
        assert_eq!((seen.parcels, seen.total), (Some(4), 0), "the other proxy sees what this one has set");
        a.process.with_proxy(|total: &mut Total| {
            total.parcels = Some(5);
            total.total = 12;
        })?;
        assert_eq!(a.process.parcels, Some(5), "and this one what the other has set");
        let refused = a.process.with_proxy(|total: &mut Total| total.parcels = Some(50));
        assert!(refused.is_err(), "a change that breaks a rule of either is refused");
        assert_eq!(a.process.parcels, Some(5));
        Ok(())
    }
}

#[test]
fn two_proxies_lie_over_one_document() {
    let engine = Engine::builder(MemoryStore::new()).flow(OrderFlow::new()).build().unwrap();
    let process = engine.run(OrderFlow::start, ()).unwrap();
    assert_eq!(process.proxy::<Total>().unwrap().total, 12);
    let stored = engine.process_record(process.id).unwrap().data;
    assert_eq!((&stored["sum"], &stored["parcels"], &stored["carrier"]), (&json!(12), &json!(5), &json!("post")));
}

#[derive(Process, Clone, Debug)]
struct Bag {
    lines: Vec<Moved>,
    places: BTreeMap<String, Address>,
    #[field(default = 3)]
    count: u8,
}

#[test]
fn unknown_keys_of_structs_in_lists_and_maps_are_kept() {
    let mut stored = doc(json!({
        "lines": [{"a": {"b": 1}, "note": "x"}, {"a": {"b": 2}, "note": "y"}],
        "places": {"home": {"street": "A", "zip": null, "floor": 3}},
    }));
    let mut bag: Bag = document::read(&stored).unwrap();
    bag.lines[1].value = 5;
    bag.places.get_mut("home").unwrap().street = "B".to_owned();
    document::write(&bag, &mut stored).unwrap();
    assert_eq!(stored["lines"], json!([{"a": {"b": 1}, "note": "x"}, {"a": {"b": 5}}]), "another item has other keys");
    assert_eq!(stored["places"]["home"], json!({"street": "B", "zip": null, "floor": 3}));
}

#[test]
fn a_null_that_an_option_has_left_is_the_default() {
    assert_eq!(read::<Bag>(json!({"count": null})).unwrap().count, 3);
}

#[derive(Process, Clone, Debug)]
struct Before {
    weight: Option<u32>,
}

#[derive(Process, Clone, Debug)]
struct Since {
    #[field(column, index)]
    weight: Option<u32>,
}

#[derive(Flow)]
#[flow(process = Before, name = "weigh")]
struct BeforeFlow {
    #[fields(weight, as = BeforeForm)]
    #[next(wait)]
    start: Start,
    #[next(end)]
    wait: View,
    end: End,
}

#[derive(Flow)]
#[flow(process = Since, name = "weigh")]
struct SinceFlow {
    #[fields(weight, as = SinceForm)]
    #[next(wait)]
    start: Start,
    #[next(end)]
    wait: View,
    end: End,
}

#[test]
fn a_field_may_become_a_column() {
    let store = std::sync::Arc::new(MemoryStore::new());
    let ann = UserId::new("ann");
    let engine = Engine::builder(std::sync::Arc::clone(&store)).flow(BeforeFlow::new()).build().unwrap();
    let id = engine.start(BeforeFlow::start, &ann, BeforeForm { weight: Some(7) }).unwrap().id;
    let engine = Engine::builder(store).flow(SinceFlow::new()).build().unwrap();
    assert_eq!(engine.process::<SinceFlow>(id).unwrap().weight, Some(7), "it is in the document still");
    crate::support::do_next(&engine, SinceFlow::wait, id, ());
    assert_eq!(engine.process::<SinceFlow>(id).unwrap().weight, Some(7));
    assert_eq!(engine.processes::<SinceFlow>().by(Since::BY_WEIGHT, 7_u32).unwrap().len(), 1);
    assert_eq!(engine.process::<SinceFlow>(id).unwrap().proxy::<Since>().unwrap().weight, Some(7));
    let _ =
        (SinceForm { weight: None }, engine.start_form(&viewflow::nodes::Node::full_name(SinceFlow::start)).unwrap());
}

#[derive(Process, Clone, Debug)]
struct Loose {
    #[field(default = json!({"a": 1}))]
    any: Value,
}

#[test]
fn a_null_that_was_set_is_no_default() {
    assert_eq!(read::<Loose>(json!({"any": null})).unwrap().any, Value::Null);
    assert_eq!(read::<Loose>(json!({})).unwrap().any, json!({"a": 1}));
}

#[derive(Process, Clone, Debug)]
#[process(table = "fields_sized")]
struct Measured {
    #[field(key = "size.height")]
    height: u32,
    #[field(column, index)]
    weight: u32,
    #[field(column)]
    remark: Option<String>,
}

#[derive(Flow)]
#[flow(process = Measured, name = "fields_sized")]
struct SizedFlow {
    #[fields(height, weight, remark, as = SizedForm)]
    #[next(wait)]
    start: Start,
    #[fields(weight, remark, as = WeighForm)]
    #[next(end)]
    wait: View,
    end: End,
}

#[test]
fn a_process_as_it_is_stored_has_its_columns_among_its_data() {
    crate::support::on_every_store(|store| {
        let engine = Engine::builder(store).flow(SizedFlow::new()).build().unwrap();
        let form = SizedForm { height: 1, weight: 2, remark: None };
        let id = engine.start(SizedFlow::start, &UserId::new("ann"), form).unwrap().id;
        let data = || Value::Object(engine.process_record(id).unwrap().data);
        assert_eq!(data(), json!({ "size": { "height": 1 }, "weight": 2, "remark": null }));
        let form = WeighForm { weight: 3, remark: Some("full".to_owned()) };
        crate::support::do_next(&engine, SizedFlow::wait, id, form);
        assert_eq!(data(), json!({ "size": { "height": 1 }, "weight": 3, "remark": "full" }));
    });
}
