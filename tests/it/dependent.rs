//! Fields that depend on others: they are computed from them, or asked only if a condition over them holds.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use viewflow::form::{FormField, FormSpec};
use viewflow::nodes::Node;
use viewflow::prelude::*;
use viewflow::{Document, NodeName};

use crate::support::{complaints, of, on_every_store, open_task, user};

#[derive(Embedded, Clone, Debug, PartialEq)]
pub struct Line {
    #[field(max = 9)]
    pub pieces: u32,
    pub price: u32,
    #[field(computed = |line| line.pieces * line.price, max = 100)]
    pub sum: u32,
    #[field(only_if = |line| line.sum > 50, required, max_length = 4)]
    pub why: Option<String>,
}

#[derive(Form, Clone, Debug)]
pub struct Order {
    pub abroad: bool,
    #[page("Where")]
    #[field(only_if = |form| form.abroad, required)]
    pub country: Option<String>,
    #[field(only_if = |form| form.country.as_deref() == Some("US"), choices = |_, user| [user.id().to_string()])]
    pub visa: Option<String>,
    #[field(only_if = |form: &Order| !form.abroad, default = 2, min = 1)]
    pub floor: u8,
    #[page("What")]
    pub lines: Vec<Line>,
    pub gift: Option<Line>,
    pub by_shop: BTreeMap<String, Line>,
    #[field(computed = |form| form.lines.iter().map(|line| line.sum).sum())]
    pub total: u32,
    #[field(computed = |Order { total, floor, .. }| Some(format!("{total} on {floor}")), pattern = "[0-6].*")]
    pub text: Option<String>,
}

#[derive(Process, Clone, Debug)]
pub struct Ordered {
    pub told: String,
    pub gift: Option<Line>,
}

#[derive(Flow)]
#[flow(process = Ordered)]
pub struct OrderedFlow {
    #[form(Order)]
    #[submit(Self::order)]
    #[next(check)]
    start: Start,

    #[fields(gift)]
    #[next(end)]
    check: View,

    end: End,
}

impl OrderedFlow {
    fn order(&self, a: &mut Activation<Self, ()>, form: Order) -> Result<()> {
        let Order { country, visa, floor, total, text, .. } = &form;
        a.process.told = format!("{country:?} {visa:?} {floor} {total} {text:?}");
        a.process.gift = form.gift;
        Ok(())
    }
}

fn start() -> NodeName {
    OrderedFlow::start.full_name()
}

fn sent(value: Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn line(pieces: u32, price: u32) -> Line {
    Line { pieces, price, sum: 77, why: None }
}

fn order() -> Order {
    Order {
        abroad: false,
        country: None,
        visa: None,
        floor: 2,
        lines: vec![line(2, 3), line(1, 4)],
        gift: None,
        by_shop: BTreeMap::new(),
        total: 1000,
        text: None,
    }
}

fn field<'f>(form: &'f FormSpec, name: &str) -> &'f FormField {
    form.fields.iter().find(|field| field.name == name).unwrap()
}

fn with_engine(test: impl Fn(&Engine)) {
    on_every_store(|store| test(&Engine::builder(store).flow(OrderedFlow::new()).build().unwrap()));
}

#[test]
fn what_is_computed_is_computed_by_the_engine_and_what_is_sent_for_it_is_ignored() {
    with_engine(|engine| {
        let ann = user("ann");
        let told = |id: ProcessId| engine.process::<OrderedFlow>(id).unwrap().told.clone();
        let typed = engine.start(OrderedFlow::start, &ann, order()).unwrap().id;
        assert_eq!(told(typed), "None None 2 10 Some(\"10 on 2\")");
        let lines = json!([{"pieces": 2, "price": 3, "sum": "nonsense"}, {"pieces": 1, "price": 4}]);
        let form = json!({"abroad": false, "lines": lines, "by_shop": {}, "total": {"x": 1}, "gift": {"pieces": 1, "price": 1}});
        let id = engine.desk(&ann).start(&start(), &sent(form)).unwrap();
        assert_eq!(told(id), told(typed));
        assert_eq!(engine.process::<OrderedFlow>(id).unwrap().gift, Some(Line { sum: 1, ..line(1, 1) }));

        // A handler gets the process's own form with its computed fields, too.
        let task = open_task(engine, OrderedFlow::check, id).id;
        let form = CheckFields { gift: Some(line(2, 2)) };
        engine.task(OrderedFlow::check, task).unwrap().assign(&ann).unwrap().execute(&ann, form).unwrap();
        assert_eq!(engine.process::<OrderedFlow>(id).unwrap().gift, Some(Line { sum: 4, ..line(2, 2) }));
    });
}

#[test]
fn rules_hold_for_what_was_computed() {
    with_engine(|engine| {
        let ann = user("ann");
        let lines = |pieces: u32| json!([{"pieces": pieces, "price": 30, "why": "why"}]);
        let form = |pieces: u32| json!({"abroad": false, "lines": lines(pieces), "by_shop": {}});
        let begun = |form: Value| engine.desk(&ann).start(&start(), &sent(form));
        assert_eq!(complaints(begun(form(4))), ["lines.0.sum: must be at most 100"]);
        assert_eq!(complaints(begun(form(3))), ["text: must look like `[0-6].*`"]);
        begun(form(2)).unwrap();
        let typed = Order { lines: vec![line(9, 90)], ..order() };
        let refused = complaints(engine.start(OrderedFlow::start, &ann, typed));
        assert_eq!(refused, ["lines.0.sum: must be at most 100", "lines.0.why: is required"]);
    });
}

#[test]
fn what_is_not_asked_has_to_be_empty_and_what_is_asked_may_be_required() {
    with_engine(|engine| {
        let ann = user("ann");
        let begun = |more: Value| {
            let mut form = sent(json!({"lines": [], "by_shop": {}}));
            form.extend(sent(more));
            engine.desk(&ann).start(&start(), &form)
        };
        let at_home = json!({"abroad": false, "country": "FR", "visa": "ann", "floor": 3});
        let not = "is not asked here: it has to be empty";
        assert_eq!(complaints(begun(at_home)), [format!("country: {not}"), format!("visa: {not}")]);
        begun(json!({"abroad": false, "country": " ", "visa": null, "floor": 3})).unwrap();
        assert_eq!(complaints(begun(json!({"abroad": true}))), ["country: is required"]);
        // The engine does not check the type or the choices of a field that is not asked. The field then has its
        // default.
        let abroad =
            |visa: Value, floor: Value| begun(json!({"abroad": true, "country": "FR", "visa": visa, "floor": floor}));
        assert_eq!(complaints(abroad(json!([7]), json!(3))), [format!("floor: {not}"), format!("visa: {not}")]);
        abroad(json!(null), json!(2)).unwrap();
        let states = |visa: &str| begun(json!({"abroad": true, "country": "US", "visa": visa}));
        assert_eq!(complaints(states("bob")), ["visa: cannot be bob: it is none of the choices"]);
        let told = engine.process::<OrderedFlow>(states("ann").unwrap()).unwrap().told.clone();
        assert_eq!(told, "Some(\"US\") Some(\"ann\") 2 0 Some(\"0 on 2\")");

        // From Rust too, and at every depth.
        let typed =
            Order { country: Some("FR".into()), gift: Some(Line { why: Some("so".into()), ..line(1, 1) }), ..order() };
        let refused = complaints(engine.start(OrderedFlow::start, &ann, typed));
        assert_eq!(refused, [format!("country: {not}"), format!("gift.why: {not}")]);
        let deep = json!({"abroad": false, "by_shop": {"a.b": {"pieces": 6, "price": 10, "why": "tasty"}, "c": {"pieces": 6, "price": 10}}});
        let deep = complaints(begun(deep));
        assert_eq!(deep, ["by_shop.a.b.why: must not be longer than 4 (it is 5 long)", "by_shop.c.why: is required"]);
    });
}

#[test]
fn what_was_kept_from_when_it_was_asked_is_dropped_in_silence() {
    with_engine(|engine| {
        let ann = user("ann");
        let draft = json!({"abroad": true, "country": "US", "visa": "ann", "lines": [], "total": 5,
            "by_shop": {"a.b": {"pieces": 9, "price": 10, "why": "it"}}});
        engine.desk(&ann).draft_start(&start(), &sent(draft)).unwrap();
        let filled = engine.desk(&ann).fill_in_start(&start(), &sent(json!({"abroad": false}))).unwrap();
        assert!(filled.complaints.is_empty(), "{:?}", filled.complaints);
        let change = json!({"abroad": false, "by_shop": {"a.b": {"pieces": 1}}});
        let id = engine.desk(&ann).start(&start(), &sent(change)).unwrap();
        assert_eq!(engine.process::<OrderedFlow>(id).unwrap().told, "None None 2 0 Some(\"0 on 2\")");
    });
}

#[test]
fn a_form_shows_what_is_asked_and_computed_with_what_is_filled_in() {
    with_engine(|engine| {
        let ann = user("ann");
        let fill = |form: Value| engine.desk(&ann).fill_in_start(&start(), &sent(form)).unwrap();
        let asked = |form: &FormSpec| ["country", "visa", "floor"].map(|name| field(form, name).asked.unwrap());
        let empty = engine.desk(&ann).start_form(&start()).unwrap();
        // For conditions, a field that is not filled in counts as no, zero or empty. Nothing is computed from it.
        assert_eq!(asked(&empty), [false, false, true]);
        assert!(field(&empty, "total").computed && field(&empty, "total").value.is_null());
        assert_eq!(field(&empty, "lines").asked, None);
        let abroad = fill(json!({"abroad": true, "country": "US"}));
        assert_eq!(asked(&abroad.form), [true, true, false]);
        // The page before is complete, whatever later pages still lack.
        assert!(abroad.of_page(0).is_empty() && abroad.of_page(1).is_empty());
        assert_eq!(of(&abroad.of_page(2)), ["by_shop: is required", "lines: is required"]);
        assert_eq!(of(&fill(json!({"abroad": true})).of_page(1)), ["country: is required"]);

        let whole = fill(
            json!({"abroad": false, "by_shop": {}, "lines": [{"pieces": 2, "price": 3}], "gift": {"pieces": 2, "price": 2}}),
        );
        assert_eq!(
            (&field(&whole.form, "total").value, &field(&whole.form, "text").value),
            (&json!(6), &json!("6 on 2"))
        );
        // The same holds within lists and structs, as far as their values are valid.
        assert_eq!(field(&whole.form, "gift").value["sum"], json!(4));
        let lines = fill(json!({"lines": [{"pieces": 2, "price": 3, "sum": 9}, {"pieces": 2, "sum": 9}]}));
        let sums: Vec<_> =
            field(&lines.form, "lines").value.as_array().unwrap().iter().map(|line| &line["sum"]).collect();
        assert_eq!(sums, [&json!(6), &json!(null)]);
        let gift = &field(&whole.form, "gift").fields;
        assert_eq!((gift[2].computed, &gift[2].value, gift[3].asked), (true, &json!(4), Some(false)));
        let items = &field(&whole.form, "lines").items.as_ref().unwrap().fields;
        assert_eq!((&items[2].value, items[3].asked, items[3].required), (&json!(null), Some(false), true));

        let schema = whole.form.schema();
        assert_eq!(schema["properties"]["total"]["readOnly"], true);
        assert_eq!(schema["properties"]["country"]["type"], json!(["string", "null"]));
        assert!(engine.desk(&ann).start_drafts().unwrap().is_empty());
    });
}

proptest! {
    /// The documented rule: conditions are evaluated in order, each over the fields above it.
    #[test]
    fn what_is_asked_follows_from_what_is_above(
        abroad in proptest::option::of(any::<bool>()),
        country in prop_oneof![Just(None), Just(Some("US")), Just(Some("FR")), Just(Some(" "))],
        visa in prop_oneof![Just(None), Just(Some("ann")), Just(Some("bob"))],
        floor in proptest::option::of(0..4_u8),
    ) {
        let engine = Engine::builder(MemoryStore::new()).flow(OrderedFlow::new()).build().unwrap();
        let form = json!({"abroad": abroad, "country": country, "visa": visa, "floor": floor, "lines": [], "by_shop": {}});
        let taken = engine.desk(&user("ann")).start(&start(), &sent(form));
        let goes = abroad == Some(true);
        let land = country.filter(|country| *country != " ");
        let to_states = goes && land == Some("US");
        let right = abroad.is_some()
            && goes == land.is_some()
            && (if to_states { visa != Some("bob") } else { visa.is_none() })
            && floor.is_none_or(|floor| if goes { floor == 2 } else { floor >= 1 });
        prop_assert_eq!(taken.is_ok(), right, "{:?}", taken);
    }
}
