//! Equal values are the same in an index, as a unique value, as the key of a message, among choices, in a draft and
//! in the history. Their stored form does not matter.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use viewflow::engine::Delivery;
use viewflow::field::{FieldKind, FieldType};
use viewflow::jiff::{self, ZonedDateTime};
use viewflow::prelude::*;
use viewflow::rust_decimal::Decimal;
use viewflow::{Document, Store};
use viewflow_testing::inconsistencies;

use crate::support::{do_next, on_every_store, open_task, user};

/// An application's own type, stored as a decimal, with no further declarations.
#[derive(Clone, Debug, PartialEq)]
pub struct Percent(Decimal);

impl FieldType for Percent {
    type Item = Self;

    fn kind() -> FieldKind {
        Decimal::kind()
    }

    fn encode(&self) -> Result<serde_json::Value, String> {
        self.0.encode()
    }

    fn decode(value: &serde_json::Value) -> Result<Self, String> {
        Decimal::decode(value).map(Self)
    }
}

/// All types that have several forms, nested.
#[derive(Embedded, Clone, Debug, PartialEq)]
pub struct Terms {
    pub amount: Decimal,
    pub rate: f64,
    pub at: ZonedDateTime,
    pub parts: Vec<Option<Percent>>,
    pub more: serde_json::Value,
}

#[derive(Entity, Clone, Debug)]
#[entity(table = "equal_deal")]
pub struct Deal {
    #[id]
    pub id: Id<Self>,
    #[field(unique)]
    pub terms: Terms,
    #[field(unique)]
    pub amount: Decimal,
    #[field(index)]
    pub rate: f64,
    #[field(index)]
    pub at: Option<ZonedDateTime>,
    #[field(index)]
    pub parts: Vec<Percent>,
}

#[derive(Message, Clone, Debug)]
#[message(name = "equal_agreed", key = terms, latch = drop)]
pub struct Agreed {
    pub terms: Terms,
}

#[derive(Process, Clone, Debug)]
#[process(table = "equal_offer")]
pub struct Offer {
    #[field(column, index)]
    pub terms: Option<Terms>,
    pub again: Option<Terms>,
}

#[derive(Flow)]
#[flow(process = Offer, name = "equal_offer")]
pub struct OfferFlow {
    #[fields(terms, again)]
    #[next(agreed)]
    start: Start,
    #[message(Agreed, key = |a| a.process.terms.clone().unwrap())]
    #[next(look)]
    agreed: MessageCatch,
    #[fields(terms, again, as = LookFields)]
    #[next(end)]
    look: View,
    end: End,
}

/// Terms, the same terms in another form, and different terms.
fn terms() -> impl Strategy<Value = [Terms; 3]> {
    let zone = || -12..=12_i8;
    let rate = prop_oneof![Just(0.0), Just(-0.0), (-99..99_i32).prop_map(|rate| f64::from(rate) / 4.0)];
    let numbers = (-200..200_i64, 0..4_u32, 1..5_u32);
    (numbers, rate, 0..2_000_000_000_i64, zone(), zone(), 0..4_usize).prop_map(
        |(number, rate, second, here, there, parts)| {
            let (digits, scale, zeros) = number;
            let amount = Decimal::new(digits, scale);
            let mut longer = amount;
            longer.rescale(scale + zeros);
            longer.set_sign_negative(digits <= 0);
            let at = |hours: i8| {
                jiff::Timestamp::from_second(second).unwrap().to_zoned_datetime(jiff::tz::offset(hours).to_time_zone())
            };
            let parts =
                |of: Decimal| (0..parts).map(|index| (index % 2 == 0).then_some(Percent(of))).collect::<Vec<_>>();
            let one =
                Terms { amount, rate, at: at(here), parts: parts(amount), more: json!({ "a": rate, "b": [digits] }) };
            let negated = if rate == 0.0 { -rate } else { rate };
            let more = json!({ "b": [digits], "a": negated });
            let same = Terms { amount: longer, rate: negated, at: at(there), parts: parts(longer), more };
            let other = Terms { amount: amount + Decimal::new(1, scale + zeros), ..one.clone() };
            [one, same, other]
        },
    )
}

fn for_all<S: Strategy>(strategy: S, test: impl Fn(&Arc<dyn Store>, S::Value)) {
    on_every_store(|store| {
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(32) });
        runner
            .run(&strategy, |value| {
                test(&store, value);
                Ok(())
            })
            .unwrap();
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}

fn deal(terms: &Terms) -> Deal {
    let Terms { amount, rate, at, .. } = terms.clone();
    Deal {
        id: Id::NEW,
        terms: terms.clone(),
        amount,
        rate,
        at: Some(at),
        parts: vec![Percent(amount), Percent(amount)],
    }
}

#[test]
fn a_row_is_found_by_each_form_of_its_values_and_has_its_unique_ones_alone() {
    for_all(terms(), |store, [one, same, other]| {
        let engine = Engine::builder(Arc::clone(store)).table::<Deal>().build().unwrap();
        let row = engine.transaction(|db| db.table().insert(deal(&one))).unwrap();
        let found = |terms: &Terms| {
            let by = |db: &viewflow::Db| {
                let deals = db.table::<Deal>();
                Ok([
                    deals.by(Deal::BY_TERMS, terms.clone()).count()?,
                    deals.by(Deal::BY_AMOUNT, terms.amount).count()?,
                    deals.by(Deal::BY_RATE, terms.rate).count()?,
                    deals.by(Deal::BY_AT, terms.at.clone()).count()?,
                    deals.by(Deal::BY_PARTS, Percent(terms.amount)).count()?,
                ])
            };
            engine.transaction(by).unwrap()
        };
        assert_eq!((found(&one), found(&same)), ([1; 5], [1; 5]), "{one:?} and {same:?}");
        assert_eq!(found(&other), [0, 0, 1, 1, 0]);
        let second = engine.transaction(|db| db.table().insert(deal(&same)));
        assert!(matches!(second, Err(Error::NotUnique { .. })), "{same:?}: {second:?}");
        // Written in the other form, it is the same row and can be changed.
        engine.transaction(|db| db.change(row, |row| *row = Deal { id: row.id, ..deal(&same) })).unwrap();
        assert_eq!(found(&one), [1; 5]);
        assert_eq!(engine.transaction(|db| db.load(row)).unwrap().amount.scale(), same.amount.scale(), "kept as it is");
        engine.transaction(|db| db.table::<Deal>().delete(row)).unwrap();
    });
}

#[test]
fn a_message_finds_who_waits_and_a_process_is_found_by_its_column_in_each_form() {
    for_all(terms(), |store, [one, same, other]| {
        let engine = Engine::builder(Arc::clone(store)).flow(OfferFlow::new()).build().unwrap();
        let form = StartFields { terms: Some(one.clone()), again: None };
        let id = engine.start(OfferFlow::start, &user("ann"), form).unwrap().id;
        let found = |terms: &Terms| {
            let processes = engine.processes::<OfferFlow>().by(Offer::BY_TERMS, terms.clone()).unwrap();
            processes.iter().filter(|process| process.id == id).count()
        };
        assert_eq!((found(&same), found(&other)), (1, 0), "{one:?} and {same:?}");
        assert_eq!(engine.send(&Agreed { terms: other }).unwrap(), Delivery::Dropped);
        assert_eq!(engine.send(&Agreed { terms: same.clone() }).unwrap(), Delivery::Waiting, "{one:?} and {same:?}");
        engine.run_pending().unwrap();
        open_task(&engine, OfferFlow::look, id);
    });
}

#[test]
fn the_history_tells_of_a_value_that_is_another_one_and_not_of_the_same_in_another_form() {
    for_all(terms(), |store, [one, same, other]| {
        let engine = Engine::builder(Arc::clone(store)).flow(OfferFlow::new()).build().unwrap();
        let form = StartFields { terms: Some(one.clone()), again: Some(one.clone()) };
        let id = engine.start(OfferFlow::start, &user("ann"), form).unwrap().id;
        engine.send(&Agreed { terms: one.clone() }).unwrap();
        engine.run_pending().unwrap();
        do_next(&engine, OfferFlow::look, id, LookFields { terms: Some(same.clone()), again: Some(other.clone()) });
        let done = engine.events(id, 0, usize::MAX).unwrap();
        let told: Vec<_> = done
            .iter()
            .rev()
            .find_map(|event| (!event.changes.is_empty()).then_some(&event.changes))
            .unwrap()
            .iter()
            .collect();
        assert_eq!(told.len(), 1, "{one:?} and {same:?}: {told:?}");
        assert_eq!(told[0].part.to_string(), "process.again");
    });
}

#[derive(Process, Clone, Debug)]
pub struct Loan {
    #[field(choices = [Decimal::new(15, 1), Decimal::TWO, Decimal::ZERO])]
    pub rate: Option<Decimal>,
    #[field(choices = |_| vec![Percent(Decimal::new(15, 1)), Percent(Decimal::TWO), Percent(Decimal::ZERO)])]
    pub parts: Vec<Percent>,
}

#[derive(Flow)]
#[flow(process = Loan, name = "equal_loan")]
pub struct LoanFlow {
    #[fields(rate, parts, as = LoanFields)]
    #[next(look)]
    start: Start,
    #[fields(rate, parts, as = LoanLookFields)]
    #[next(end)]
    look: View,
    end: End,
}

fn document(value: &serde_json::Value) -> Document {
    value.as_object().cloned().unwrap()
}

#[test]
fn a_value_is_one_of_the_choices_in_each_form_and_a_form_shows_which() {
    let choices = (0..3_usize, 1..6_u32).prop_map(|(index, zeros)| {
        let mut rate = [Decimal::new(15, 1), Decimal::TWO, Decimal::ZERO][index];
        rate.rescale(1 + zeros);
        (rate, ["1.5", "2", "0"][index])
    });
    for_all(choices, |store, (rate, written)| {
        let engine = Engine::builder(Arc::clone(store)).flow(LoanFlow::new()).build().unwrap();
        let ann = user("ann");
        let form = LoanFields { rate: Some(rate), parts: vec![Percent(rate)] };
        let id = engine.start(LoanFlow::start, &ann, form).unwrap().id;
        let node = viewflow::store::NodeName { flow: "equal_loan".to_owned(), node: "start".to_owned() };
        let sent = |rate: serde_json::Value| document(&json!({ "rate": rate, "parts": [rate] }));
        engine.desk(&ann).start(&node, &sent(json!(rate.to_string()))).unwrap();
        // A wrong field beside the rate does not make the rate wrong.
        let wrong = document(&json!({ "rate": written.parse::<f64>().unwrap(), "parts": "none" }));
        let told = engine.desk(&ann).start(&node, &wrong).unwrap_err();
        assert!(told.field_errors().unwrap().of("rate").is_empty(), "{told}");
        assert!(engine.desk(&ann).start(&node, &sent(json!("1.51"))).is_err());
        // A page recognizes its choices by their written form.
        let task = open_task(&engine, LoanFlow::look, id).id;
        let shown = || engine.form(task).unwrap().fields.into_iter().map(|field| field.value).collect::<Vec<_>>();
        assert_eq!(shown(), [json!(written), json!([written])]);
        engine.assign(task, &ann).unwrap();
        engine.desk(&ann).draft(task, &sent(json!(format!("{rate}0")))).unwrap();
        assert_eq!(shown(), [json!(written), json!([written])]);
        let other = LoanFields { rate: Some(Decimal::ONE), parts: Vec::new() };
        assert!(engine.start(LoanFlow::start, &ann, other).is_err());
    });
}
