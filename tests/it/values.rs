//! Values that are kept as they were sent, and values that are refused.

#![expect(clippy::option_option, reason = "an application may have one")]

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use viewflow::Document;
use viewflow::engine::Delivery;
use viewflow::field::{FieldType, Source};
use viewflow::jiff::{Timestamp, ZonedDateTime, civil, tz};
use viewflow::nodes::Node;
use viewflow::people::Candidate;
use viewflow::prelude::*;
use viewflow::rust_decimal::Decimal;

use crate::support::{complaints, on_every_store, open_task, user};

#[derive(Process, Clone, Debug)]
pub struct Sheet {
    pub at: Option<ZonedDateTime>,
    pub day: Option<civil::Date>,
    pub time: Option<civil::Time>,
    pub local: Option<civil::DateTime>,
    pub amount: Option<Decimal>,
    pub more: Option<Value>,
    pub twice: Option<Option<u8>>,
    pub word: String,
}

#[derive(Message, Clone, Debug)]
#[message(key = word)]
pub struct Signed {
    pub word: String,
}

#[derive(Flow)]
#[flow(process = Sheet)]
pub struct SheetFlow {
    #[fields(at, day, time, local, amount, more, as = SheetForm)]
    #[next(look)]
    start: Start,
    #[fields(word, more, as = LookForm)]
    #[next(wait)]
    look: View,
    #[message(Signed, key = |a| a.process.word.clone())]
    #[next(end)]
    wait: MessageCatch,
    end: End,
}

fn sent(value: Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn start(engine: &Engine, form: Value) -> Result<ProcessId> {
    engine.desk(&user("ann")).start(&SheetFlow::start.full_name(), &sent(form))
}

fn engine() -> Engine {
    Engine::builder(MemoryStore::new()).flow(SheetFlow::new()).build().unwrap()
}

// ---- dates and zones

#[test]
fn an_appointment_can_be_read_after_the_rules_of_its_zone_have_changed() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(SheetFlow::new()).build().unwrap();
        let at: ZonedDateTime = "2050-07-01T12:00:00+02:00[Europe/Berlin]".parse().unwrap();
        let id = start(&engine, json!({"at": at.to_string()})).unwrap();
        drop(engine);
        // Changes the value to that of an earlier release, for which Berlin was two hours further east.
        let mut lines = Vec::new();
        viewflow::store::export(&*store, &mut lines, |_| ()).unwrap();
        let lines = String::from_utf8(lines).unwrap().replace("12:00:00+02:00[", "14:00:00+04:00[");
        let copy = MemoryStore::new();
        viewflow::store::import(&copy, lines.as_bytes(), |_| ()).unwrap();
        let engine = Engine::builder(copy).flow(SheetFlow::new()).build().unwrap();
        let read = engine.process::<SheetFlow>(id).unwrap().at.clone().unwrap();
        assert_eq!(read.timestamp(), at.timestamp(), "the point in time stays");
    });
}

#[test]
fn a_person_cannot_send_an_offset_that_the_zone_does_not_have() {
    let engine = engine();
    let told = complaints(start(&engine, json!({"at": "2050-07-01T12:00:00+05:00[Europe/Berlin]"})));
    assert_eq!(told, ["at: has an offset that its zone does not have at that time"]);
    start(&engine, json!({"at": "2050-07-01T12:00:00+02:00[Europe/Berlin]"})).unwrap();
}

#[test]
fn nothing_is_cut_out_of_a_point_in_time() {
    let engine = engine();
    let parts = ["2026-11-22", "2026-11-22T23:30:00", "23:30:00", "T23:30", "2026-11-22 23:30"];
    let ends = ["", "Z", "-05:00", "-05:00[America/New_York]", "[America/New_York]", "[u-ca=iso8601]"];
    for (part, end) in parts.iter().flat_map(|part| ends.map(|end| (*part, end))) {
        let text = format!("{part}{end}");
        let taken = |field: &str| start(&engine, json!({ field: text })).is_ok();
        let (has_date, has_time) = (part.starts_with("2026"), part.contains(':'));
        assert_eq!(taken("day"), has_date && !has_time && end.is_empty(), "{text} as a date");
        assert_eq!(taken("time"), has_time && !has_date && end.is_empty(), "{text} as a time");
        assert_eq!(taken("local"), has_date && has_time && end.is_empty(), "{text} as a date and time");
    }
}

proptest! {
    #[test]
    fn what_is_read_of_a_date_or_time_is_all_that_was_sent(seconds in -9_000_000_000_i64..9_000_000_000, nanos in 0..3_i32) {
        let at = Timestamp::new(seconds, nanos * 333_000_000).unwrap();
        for zone in ["Europe/Berlin", "America/St_Johns", "Africa/Casablanca", "Asia/Kathmandu", "UTC"] {
            let at = ZonedDateTime::new(at, tz::TimeZone::get(zone).unwrap());
            for source in [Source::Store, Source::Person] {
                prop_assert_eq!(ZonedDateTime::read_from(&at.encode().unwrap(), source), Ok(at.clone()));
                prop_assert_eq!(civil::Date::read_from(&at.date().encode().unwrap(), source), Ok(at.date()));
                prop_assert_eq!(civil::Time::read_from(&at.time().encode().unwrap(), source), Ok(at.time()));
                prop_assert_eq!(civil::DateTime::read_from(&at.datetime().encode().unwrap(), source), Ok(at.datetime()));
            }
            prop_assert!(civil::Date::decode(&at.encode().unwrap()).is_err());
            prop_assert!(civil::DateTime::decode(&at.encode().unwrap()).is_err());
        }
    }

    #[test]
    fn a_decimal_of_fifteen_digits_may_be_sent_as_a_number_and_a_longer_one_is_near_or_refused(
        digits in prop_oneof![0..10_i64.pow(15), any::<i64>()],
        scale in 0..28_u32,
    ) {
        let decimal = Decimal::from_i128_with_scale(digits.into(), scale);
        let is_short = digits.unsigned_abs() < 10_u64.pow(15);
        let number: Value = serde_json::from_str(&decimal.to_string()).unwrap();
        match Decimal::read_from(&number, Source::Person) {
            Ok(read) if is_short => prop_assert_eq!(read, decimal),
            // A JSON number is a float. A loss before this point cannot be seen.
            Ok(read) => prop_assert!((read - decimal).abs() <= decimal.abs() / Decimal::from(10_i64.pow(14)), "{}", read),
            Err(_) => prop_assert!(!is_short, "{} is refused", decimal),
        }
    }

    #[test]
    fn what_is_stored_of_an_option_is_read_back_or_refused(value: Option<Option<u8>>, inner: Option<Vec<Option<Option<bool>>>>) {
        match value.encode() {
            Ok(stored) => prop_assert_eq!(FieldType::decode(&stored), Ok(value)),
            Err(_) => prop_assert_eq!(value, Some(None)),
        }
        match inner.merge(None) {
            Ok(stored) => prop_assert_eq!(FieldType::decode(&stored), Ok(inner)),
            Err(_) => prop_assert!(inner.unwrap().contains(&Some(None))),
        }
    }
}

#[test]
fn a_small_decimal_may_be_a_number() {
    let engine = engine();
    for (number, expected) in
        [("1e-7", "0.0000001"), ("0.00001", "0.00001"), ("1e20", "100000000000000000000"), ("12.5", "12.5")]
    {
        let form = serde_json::from_str(&format!(r#"{{"amount": {number}}}"#)).unwrap();
        let id = start(&engine, form).unwrap();
        let amount = engine.process::<SheetFlow>(id).unwrap().amount;
        assert_eq!(amount, Some(expected.parse().unwrap()), "{number}");
    }
    for small in ["1e-29", "1.5e-28", "1e300"] {
        let form = serde_json::from_str(&format!(r#"{{"amount": {small}}}"#)).unwrap();
        let told = complaints(start(&engine, form));
        assert_eq!(
            told,
            ["amount: must be a decimal number such as 12.50"],
            "{small}: a decimal has 28 digits at most"
        );
    }
    let told = complaints(start(&engine, serde_json::from_str(r#"{"amount": 12345678901234567.89}"#).unwrap()));
    assert_eq!(told, ["amount: has more digits than a JSON number keeps: send it as text"]);
}

#[test]
fn a_draft_with_a_number_for_a_decimal_is_shown() {
    #[derive(Flow)]
    #[flow(process = Sheet)]
    pub struct DraftFlow {
        #[next(fill)]
        start: StartHandle,
        #[fields(amount)]
        #[next(end)]
        fill: View,
        end: End,
    }
    let engine = Engine::builder(MemoryStore::new()).flow(DraftFlow::new()).build().unwrap();
    let id = engine.run(DraftFlow::start, ()).unwrap().id;
    let task = open_task(&engine, DraftFlow::fill, id).id;
    engine.assign(task, &user("ann")).unwrap();
    engine.desk(&user("ann")).draft(task, &sent(json!({"amount": 12.5}))).unwrap();
    let shown = &engine.form(task).unwrap().fields[0].value;
    assert_eq!(shown.to_string().trim_matches('"'), "12.5");
    engine.desk(&user("ann")).execute(task, &sent(json!({"amount": 12.5}))).unwrap();
}

// ---- deep nesting

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, level| if level % 2 == 0 { json!([inner]) } else { json!({ "a": inner }) })
}

#[test]
fn what_is_nested_deep_is_kept_or_refused_by_every_store_alike() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(SheetFlow::new()).build().unwrap();
        let id = start(&engine, json!({})).unwrap();
        let task = open_task(&engine, SheetFlow::look, id).id;
        engine.assign(task, &user("ann")).unwrap();
        let mut kept = Vec::new();
        for depth in [1, 63, 64, 65, 99, 127, 300] {
            let refused = ["more: must not be nested deeper than 64 levels"];
            let draft = engine.desk(&user("ann")).draft(task, &sent(json!({"more": nested(depth)})));
            let form =
                SheetForm { at: None, day: None, time: None, local: None, amount: None, more: Some(nested(depth)) };
            let in_code = engine.start(SheetFlow::start, &user("ann"), form);
            match start(&engine, json!({"more": nested(depth)})) {
                Ok(id) => {
                    assert!(draft.is_ok() && in_code.is_ok() && depth <= 64, "{depth}");
                    kept.push((depth, id));
                }
                refusal => {
                    assert!(depth > 64, "{depth}");
                    assert_eq!(complaints(refusal), refused);
                    assert_eq!(complaints(draft), refused);
                    assert_eq!(complaints(in_code), refused);
                }
            }
        }
        drop(engine);
        let mut lines = Vec::new();
        viewflow::store::export(&*store, &mut lines, |_| ()).unwrap();
        let copy = MemoryStore::new();
        viewflow::store::import(&copy, &lines[..], |_| ()).unwrap();
        let engine = Engine::builder(copy).flow(SheetFlow::new()).build().unwrap();
        for (depth, id) in kept {
            assert_eq!(engine.process::<SheetFlow>(id).unwrap().more, Some(nested(depth)));
        }
    });
}

#[derive(Entity, Clone, Debug)]
#[entity(table = "values_deep")]
pub struct DeepRow {
    #[id]
    pub id: Id<DeepRow>,
    pub value: Value,
}

#[derive(Embedded, Clone, Debug)]
pub struct DeepPart {
    pub value: Value,
}

#[derive(Process, Clone, Debug)]
#[process(seed = Value, artifact = Value)]
pub struct Deep {
    pub value: Option<Value>,
    pub part: Option<DeepPart>,
    pub row: Option<Ref<DeepRow>>,
}

#[derive(Task, Clone, Debug)]
pub struct DeepTask {
    pub value: Value,
}

#[derive(Message, Clone, Debug)]
pub struct DeepMessage {
    pub value: Value,
}

/// The place that a value goes to.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    Field,
    Nested,
    Seed,
    Artifact,
    TaskArtifact,
    Row,
}

const PLACES: [Place; 6] = [Place::Field, Place::Nested, Place::Seed, Place::Artifact, Place::TaskArtifact, Place::Row];

#[derive(Flow)]
#[flow(process = Deep)]
pub struct DeepFlow {
    #[input((Place, Value))]
    #[call(Self::put)]
    #[next(know, task_data = |a| DeepTask { value: a.process.value.clone().unwrap_or_default() })]
    start: StartHandle<Artifact<Value>>,
    #[next(hear)]
    know: Handle<DeepTask>,
    #[message(DeepMessage)]
    #[next(end)]
    hear: MessageCatch,
    end: End,
}

impl DeepFlow {
    fn put(&self, a: &mut Activation<Self, Artifact<Value>>, (place, value): (Place, Value)) -> Result<()> {
        match place {
            Place::Field => a.process.value = Some(value),
            Place::Nested => a.process.part = Some(DeepPart { value }),
            Place::Seed => a.process.seed = Some(value),
            Place::Artifact => a.process.artifact = Some(value),
            Place::TaskArtifact => a.task.artifact = Some(value),
            Place::Row => a.process.row = Some(a.table().insert(DeepRow { id: Id::NEW, value })?),
        }
        Ok(())
    }
}

#[test]
fn wherever_code_puts_what_is_nested_deep_it_is_kept_or_refused_by_every_store_alike() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(DeepFlow::new()).build().unwrap();
        for place in PLACES {
            // A struct around a value counts as a level.
            let most = if matches!(place, Place::Nested) { 63 } else { 64 };
            engine.run(DeepFlow::start, (place, nested(most))).unwrap();
            for depth in [most + 1, 300] {
                let refused = engine.run(DeepFlow::start, (place, nested(depth))).unwrap_err().to_string();
                assert!(refused.contains("must not be nested deeper than 64 levels"), "{place:?}: {refused}");
            }
        }
        let send = |depth| engine.send(&DeepMessage { value: nested(depth) });
        assert_eq!(send(64).unwrap(), Delivery::Kept);
        let refused = send(65).unwrap_err().to_string();
        assert!(refused.contains("must not be nested deeper than 64 levels"), "{refused}");
    });
}

// ---- keys

#[test]
fn a_correlation_key_is_refused_by_every_store_alike_where_it_is_sent_and_where_it_is_waited_for() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(SheetFlow::new()).build().unwrap();
        for (length, fits) in [(1, true), (198, true), (199, false), (255, false), (5000, false)] {
            let word = "k".repeat(length);
            let id = start(&engine, json!({})).unwrap();
            let task = open_task(&engine, SheetFlow::look, id).id;
            engine.assign(task, &user("ann")).unwrap();
            let waits = engine.desk(&user("ann")).execute(task, &sent(json!({"word": word})));
            assert_eq!((waits.is_ok(), length), (fits, length));
            match engine.send(&Signed { word }) {
                Ok(delivery) => assert!(fits && delivery == Delivery::Waiting),
                Err(error) => {
                    assert!(!fits);
                    assert!(error.to_string().contains("must not be longer than 200 bytes"), "{error}");
                }
            }
        }
    });
}

// ---- values that are refused when the engine is built

mod first {
    use viewflow::prelude::*;

    #[derive(Message, Clone, Debug)]
    #[message(key = number, name = "values_twice")]
    pub struct Twice {
        pub number: u32,
    }

    #[derive(Flow)]
    pub struct FirstFlow {
        #[next(wait)]
        start: StartHandle,
        #[message(Twice, key = |_a| 7)]
        #[next(end)]
        wait: MessageCatch,
        end: End,
    }
}

mod second {
    use viewflow::prelude::*;

    #[derive(Message, Clone, Debug)]
    #[message(key = number, name = "values_twice")]
    pub struct Twice {
        pub number: String,
    }

    #[derive(Flow)]
    pub struct SecondFlow {
        #[next(throw)]
        start: StartHandle,
        #[message(|_a| Twice { number: "7".to_owned() })]
        #[next(end)]
        throw: MessageThrow,
        end: End,
    }
}

#[test]
fn two_messages_of_one_name_are_refused() {
    let builder = || Engine::builder(MemoryStore::new()).flow(first::FirstFlow::new());
    let error = builder().flow(second::SecondFlow::new()).build().unwrap_err().to_string();
    assert!(error.contains("are both messages of the name `values_twice`"), "{error}");
    let engine = builder().build().unwrap();
    let error = engine.send(&second::Twice { number: "7".into() }).unwrap_err().to_string();
    assert!(error.contains("under the name `values_twice`"), "{error}");
}

#[derive(Embedded, Clone, Debug)]
pub struct Scale {
    #[field(min = Decimal::TWO, max = Decimal::ONE)]
    pub price: Decimal,
}

#[derive(Form, Clone, Debug)]
pub struct Wrong {
    #[field(min = 10, max = 5)]
    pub count: Option<u8>,
    #[field(min = f64::NAN)]
    pub share: f64,
    #[field(default = f64::INFINITY)]
    pub rate: f64,
    #[field(pattern = "a)|(b")]
    pub word: String,
    #[field(min = Timestamp::constant(2, 0), max = Timestamp::constant(1, 0))]
    pub at: Option<Timestamp>,
    #[field(min = ProcessId(2), max = ProcessId(1))]
    pub about: Option<ProcessId>,
    #[field(min = UserId::new("b"), max = UserId::new("a"))]
    pub by: Option<UserId>,
    pub scales: Vec<Scale>,
}

#[derive(Flow)]
pub struct WrongFlow {
    #[form(Wrong)]
    #[submit(Self::fill)]
    #[next(end)]
    start: Start,
    end: End,
}

impl WrongFlow {
    fn fill(&self, _: &mut Activation<Self, ()>, _: Wrong) -> Result<()> {
        Ok(())
    }
}

#[test]
fn rules_that_no_value_keeps_are_refused_at_every_depth() {
    let error = Engine::builder(MemoryStore::new()).flow(WrongFlow::new()).build().unwrap_err().to_string();
    for told in [
        "field `count` has `min = 10`, which is above `max = 5`",
        "field `share` has a `min` that is no value",
        "field `rate` has a default that is no value",
        "field `word` has a pattern, `a)|(b`, that is no regular expression",
        "field `at` has `min = 1970-01-01T00:00:02Z`, which is above `max = 1970-01-01T00:00:01Z`",
        "field `about` has `min = 2`, which is above `max = 1`",
        "field `by` has `min = b`, which is above `max = a`",
        "field `scales.price` has `min = 2`, which is above `max = 1`",
    ] {
        assert!(error.contains(told), "{told}\n{error}");
    }
}

#[derive(Message, Clone, Debug)]
#[message(
    name = "a_message_whose_name_is_much_longer_than_anybody_would_like_to_write_or_read_and_whose_key_would_find_no_room_beside_it_in_a_key_of_the_store"
)]
pub struct Long {}

#[derive(Flow)]
#[flow(name = "a_flow_whose_name_is_much_longer_than_anybody_would_like_to_write_or_read_in_a_list")]
pub struct LongFlow {
    #[next(a_node_whose_name_is_much_longer_than_anybody_would_like_to_read)]
    start: StartHandle,
    #[message(Long)]
    #[next(end)]
    a_node_whose_name_is_much_longer_than_anybody_would_like_to_read: MessageCatch,
    end: End,
}

#[test]
fn names_that_leave_no_room_in_a_key_of_the_store_are_refused() {
    let error = Engine::builder(MemoryStore::new()).flow(LongFlow::new()).build().unwrap_err().to_string();
    assert!(
        error.contains("and its node `a_node_whose") && error.contains("longer than 136 bytes together"),
        "{error}"
    );
    assert!(error.contains("the name of the message `a_message_whose"), "{error}");
    assert!(!error.contains("`start`") && !error.contains("`end`"), "{error}");
}

#[test]
fn a_person_whose_name_no_store_keeps_cannot_do_anything_on_any_store() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(SheetFlow::new()).build().unwrap();
        // The starter of a process owns its start task, so their name is in a key with the names of flow and node.
        let most = viewflow::store::MAX_KEY - "sheet".len() - "start".len();
        for (length, fits) in [(most, true), (most + 1, false), (5000, false)] {
            let long = user(&"b".repeat(length));
            let started = engine.desk(&long).start(&SheetFlow::start.full_name(), &Document::new());
            assert_eq!(started.is_ok(), fits, "{length}");
            let id = start(&engine, json!({})).unwrap();
            let task = open_task(&engine, SheetFlow::look, id).id;
            assert!(engine.assign(task, &long).is_err(), "{length}");
        }
    });
}

#[derive(Form, Clone, Debug)]
pub struct Plate {
    #[field(pattern = "(?x) [A-Z]{1,3} - [0-9]+  # as on the road")]
    pub number: String,
    #[field(pattern = "a|ab")]
    pub either: Option<String>,
}

#[derive(Flow)]
pub struct PlateFlow {
    #[form(Plate)]
    #[submit(Self::register)]
    #[next(end)]
    start: Start,
    end: End,
}

impl PlateFlow {
    fn register(&self, _: &mut Activation<Self, ()>, _: Plate) -> Result<()> {
        Ok(())
    }
}

#[test]
fn a_pattern_is_checked_as_it_is_used() {
    let engine = Engine::builder(MemoryStore::new()).flow(PlateFlow::new()).build().unwrap();
    let register = |number: &str, either: &str| {
        let plate = Plate { number: number.into(), either: Some(either.into()) };
        engine.start(PlateFlow::start, &user("ann"), plate).is_ok()
    };
    assert!(register("B-123", "a") && register("B-123", "ab"));
    assert!(
        !register("B-123x", "a") && !register("xB-123", "a") && !register("B-123\n", "a") && !register("B-123", "abc")
    );
}

// ---- empty names, and empty values

#[derive(Process, Clone, Debug)]
pub struct Request {
    pub who: String,
    pub group: bool,
}

#[derive(Flow)]
#[flow(process = Request)]
pub struct AssignFlow {
    #[fields(who, as = AssignForm)]
    #[next(approve)]
    start: Start,
    #[assign(|a| UserId::new(a.process.who.clone()))]
    #[next(end)]
    approve: View,
    end: End,
}

#[derive(Flow)]
#[flow(process = Request)]
pub struct OfferFlow {
    #[input(Request)]
    #[call(Self::begin)]
    #[next(approve)]
    start: StartHandle,
    #[candidates(|a| match a.process.group {
        true => Candidate::group(a.process.who.clone()),
        false => UserId::new(a.process.who.clone()).into(),
    })]
    #[next(end)]
    approve: View,
    end: End,
}

impl OfferFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, request: Request) -> Result<()> {
        (a.process.who, a.process.group) = (request.who, request.group);
        Ok(())
    }
}

#[test]
fn a_task_is_not_given_or_offered_to_somebody_without_a_name_or_with_one_that_no_store_keeps() {
    on_every_store(|store| {
        let builder = Engine::builder(store).flow(AssignFlow::new()).flow(OfferFlow::new());
        let engine = builder.build().unwrap();
        for (who, fits) in [("bob", true), (" ", false), (&"b".repeat(200), true), (&"b".repeat(201), false)] {
            let assigned = engine.start(AssignFlow::start, &user("ann"), AssignForm { who: who.to_owned() });
            assert_eq!(assigned.is_ok(), fits, "{who}");
            for group in [false, true] {
                let offered = engine.run(OfferFlow::start, Request { who: who.to_owned(), group });
                assert_eq!(offered.is_ok(), fits, "{who}");
            }
            let id = engine.run(OfferFlow::start, Request { who: "bob".into(), group: false }).unwrap().id;
            let task = open_task(&engine, OfferFlow::approve, id).id;
            engine.assign(task, &user("bob")).unwrap();
            assert_eq!(engine.delegate(task, &user("bob"), &user(who)).is_ok(), fits, "{who}");
        }
        let error = engine.run(OfferFlow::start, Request { who: String::new(), group: true }).unwrap_err().to_string();
        assert!(error.contains("the group of a candidate has no name"), "{error}");
    });
}

#[test]
fn some_of_none_does_not_become_none_in_silence() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(TwiceFlow::new()).build().unwrap();
        assert_eq!(engine.run(TwiceFlow::start, Some(7)).unwrap().twice, Some(Some(7)));
        let error = engine.run(TwiceFlow::start, None).unwrap_err();
        assert!(error.to_string().contains("`twice` is `Some` of nothing"), "{error}");
    });
}

#[derive(Flow)]
#[flow(process = Sheet)]
pub struct TwiceFlow {
    #[input(Option<u8>)]
    #[call(Self::begin)]
    #[next(end)]
    start: StartHandle,
    end: End,
}

impl TwiceFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, value: Option<u8>) -> Result<()> {
        a.process.twice = Some(value);
        Ok(())
    }
}
