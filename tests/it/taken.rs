//! Errors about taken values, and about anything else that tables refuse, name the field and the process. They
//! never name a table that the author did not write. Also complaints of handlers, several at once.

use serde_json::{Value, json};
use viewflow::jiff::ZonedDateTime;
use viewflow::nodes::Node;
use viewflow::prelude::*;
use viewflow::rust_decimal::Decimal;
use viewflow::{Document, FieldErrors};

use crate::support::{complaints, of, on_every_store, open_task, user};

#[derive(Entity, Clone, Debug)]
#[entity(table = "taken_guest")]
pub struct Guest {
    #[id]
    pub id: Id<Guest>,
    #[field(unique, key = "mail.address")]
    pub mail: String,
}

#[derive(Process, Clone, Debug)]
pub struct Stay {
    #[field(column, unique, key = "no")]
    pub number: u32,
    #[field(column, unique)]
    pub badge: Option<String>,
    #[field(column)]
    pub host: Option<Ref<Guest>>,
    pub wishes: Vec<String>,
}

#[derive(Embedded, Clone, Debug)]
pub struct Person {
    pub mail: String,
    pub age: u8,
}

#[derive(Form, Clone, Debug)]
pub struct Register {
    pub mail: Option<String>,
    pub party: Vec<Person>,
    pub note: Option<String>,
    pub number: u32,
}

#[derive(Flow)]
#[flow(process = Stay)]
pub struct StayFlow {
    #[fields(number, badge)]
    #[next(change)]
    start: Start,

    #[form(Register)]
    #[submit(Self::register)]
    #[next(end)]
    register: Start,

    #[input(u32)]
    #[call(Self::number)]
    #[next(end)]
    by_code: StartHandle,

    #[fields(number, badge, host)]
    #[next(end)]
    change: View,

    end: End,
}

impl StayFlow {
    fn register(&self, a: &mut Activation<Self, ()>, form: Register) -> Result<()> {
        a.process.number = form.number;
        // The note has no field with the same name.
        let mails = form.party.into_iter().map(|person| person.mail);
        for mail in form.mail.into_iter().chain(mails).chain(form.note) {
            a.table().insert(Guest { id: Id::NEW, mail })?;
        }
        Ok(())
    }

    fn number(&self, a: &mut Activation<Self, ()>, number: u32) -> Result<()> {
        a.process.number = number;
        Ok(())
    }
}

fn sent(value: Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn with_a_guest(test: impl Fn(&Engine)) {
    on_every_store(|store| {
        let engine = Engine::builder(std::sync::Arc::clone(&store)).flow(StayFlow::new()).build().unwrap();
        let ann = Guest { id: Id::NEW, mail: "ann@x".to_owned() };
        engine.transaction(|db| db.table().insert(ann.clone())).unwrap();
        let first = StartFields { number: 1, badge: Some("b1".to_owned()) };
        engine.start(StayFlow::start, &user("ann"), first).unwrap();
        test(&engine);
        assert_eq!(viewflow_testing::inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn a_taken_value_of_the_process_complains_at_its_field() {
    with_a_guest(|engine| {
        let (ann, start) = (user("ann"), StayFlow::start.full_name());
        let again = StartFields { number: 1, badge: None };
        let error = engine.start(StayFlow::start, &ann, again).unwrap_err();
        assert_eq!(error.to_string(), "process 1 has the same `number` already, and it is unique");
        assert!(matches!(error, Error::NotUnique { process: Some(_), row: 1, .. }), "{error:?}");
        let complaint = &error.field_errors().unwrap().of("number")[0];
        assert_eq!((complaint.code(), complaint.argument("value")), ("taken", Some(&json!(1))));
        let both = sent(json!({"number": 1, "badge": "b1"}));
        let told = complaints(engine.desk(&ann).start(&start, &both));
        assert_eq!(told, ["badge: cannot be b1: it is taken", "number: cannot be 1: it is taken"]);
        let badge = sent(json!({"number": 2, "badge": "b1"}));
        assert_eq!(complaints(engine.desk(&ann).start(&start, &badge)), ["badge: cannot be b1: it is taken"]);

        let id = engine.desk(&ann).start(&start, &sent(json!({"number": 2}))).unwrap();
        let task = open_task(engine, StayFlow::change, id).id;
        engine.assign(task, &ann).unwrap();
        let told = complaints(engine.desk(&ann).execute(task, &sent(json!({"number": 1}))));
        assert_eq!(told, ["number: cannot be 1: it is taken"]);
        engine.desk(&ann).execute(task, &sent(json!({"number": 3}))).unwrap();
        assert_eq!(engine.process::<StayFlow>(id).unwrap().number, 3);
    });
}

// ---- values with several forms, and several taken values

#[derive(Process, Clone, Debug)]
pub struct Slot {
    #[field(column, unique)]
    pub at: Option<ZonedDateTime>,
    #[field(column, unique)]
    pub amounts: Vec<Decimal>,
}

#[derive(Flow)]
#[flow(process = Slot, name = "taken_slot")]
pub struct SlotFlow {
    #[fields(at, amounts, as = SlotFields)]
    #[next(change)]
    start: Start,
    #[fields(at, amounts, as = SlotChangeFields)]
    #[next(end)]
    change: View,
    end: End,
}

#[test]
fn a_taken_value_complains_in_the_form_in_which_it_was_sent_and_all_that_are_taken_are_told_at_once() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(SlotFlow::new()).build().unwrap();
        let (ann, start) = (user("ann"), SlotFlow::start.full_name());
        let first = json!({"at": "2026-11-22T13:45:00+01:00[Europe/Berlin]", "amounts": ["1.50", "2"]});
        let id = engine.desk(&ann).start(&start, &sent(first)).unwrap();
        let told = |form: Value| complaints(engine.desk(&ann).start(&start, &sent(form)));
        let at = "at: cannot be 2026-11-22T12:45:00+00:00[UTC]: it is taken";
        assert_eq!(told(json!({"at": "2026-11-22T12:45:00+00:00[UTC]", "amounts": []})), [at]);
        let both = json!({"at": "2026-11-22T12:45:00+00:00[UTC]", "amounts": ["7", "1.5", "2.0"]});
        let amounts = ["amounts.1: cannot be 1.5: it is taken", "amounts.2: cannot be 2.0: it is taken"];
        assert_eq!(told(both), [amounts[0], amounts[1], at]);
        // The row's own values are not taken, whatever form they are sent in.
        let task = open_task(&engine, SlotFlow::change, id).id;
        engine.assign(task, &ann).unwrap();
        let same = json!({"at": "2026-11-22T12:45:00+00:00[UTC]", "amounts": ["2.0", "1.500"]});
        engine.desk(&ann).execute(task, &sent(same)).unwrap();
    });
}

#[test]
fn a_taken_value_of_a_row_complains_where_it_was_sent_in_the_form() {
    with_a_guest(|engine| {
        let start = StayFlow::register_node.full_name();
        let refused = |form: Value| engine.desk(&user("ann")).start(&start, &sent(form)).unwrap_err();
        let told = |form: Value| of(refused(form).field_errors().unwrap());
        let alone = json!({"mail": "ann@x", "party": [], "number": 5});
        assert_eq!(told(alone), ["mail: cannot be ann@x: it is taken"]);
        let party = json!({"number": 5, "party": [{"mail": "bob@x", "age": 3}, {"mail": "ann@x", "age": 4}]});
        assert_eq!(told(party), ["party.1.mail: cannot be ann@x: it is taken"]);
        let twice = json!({"number": 5, "party": [{"mail": "bob@x", "age": 3}, {"mail": "bob@x", "age": 4}]});
        assert_eq!(told(twice).len(), 2, "one of the two has to be different");
        // The handler sets the process's number from the field of that name.
        assert_eq!(told(json!({"number": 1, "party": []})), ["number: cannot be 1: it is taken"]);
        // A taken value that was not sent in a field of that name stays an error of the handler.
        let error = refused(json!({"number": 5, "party": [], "note": "ann@x"}));
        assert!(
            matches!(&error, Error::Handler { source, .. } if matches!(**source, Error::NotUnique { .. })),
            "{error}"
        );
        assert!(
            error.to_string().ends_with("table `taken_guest`: row 1 has the same `mail` already, and it is unique")
        );
        assert_eq!(engine.processes::<StayFlow>().list().unwrap().len(), 1, "nothing of them is stored");
    });
}

#[test]
fn the_table_of_columns_is_told_to_nobody() {
    with_a_guest(|engine| {
        let error = engine.run(StayFlow::by_code, 1).unwrap_err();
        assert_eq!(error.to_string(), "process 1 has the same `number` already, and it is unique");
        assert!(matches!(error, Error::NotUnique { process: Some(_), row: 1, .. }), "{error}");

        let (ann, task) = (user("ann"), open_task(engine, StayFlow::change, ProcessId(1)).id);
        engine.assign(task, &ann).unwrap();
        let badge = "b".repeat(5000);
        let error = engine.desk(&ann).execute(task, &sent(json!({"badge": badge}))).unwrap_err();
        assert!(error.to_string().contains("`badge`") && !error.to_string().contains("column"), "{error}");
        assert_eq!(error.field_errors().unwrap().of("badge")[0].code(), "too_long");

        let bob = Guest { id: Id::NEW, mail: "bob@x".to_owned() };
        let bob = engine.transaction(|db| db.table().insert(bob.clone())).unwrap();
        engine.desk(&ann).execute(task, &sent(json!({"host": bob.id().number()}))).unwrap();
        let error = engine.transaction(|db| db.table::<Guest>().delete(bob)).unwrap_err();
        let told = "row 2 of `taken_guest` cannot be deleted: process 1 refers to it in `host`";
        assert_eq!(error.to_string(), told);
    });
}

// ---- complaints of handlers

#[derive(Form, Clone, Debug)]
pub struct Range {
    pub from: u32,
    pub to: u32,
    /// How the handler fails.
    pub way: u8,
}

#[derive(Flow)]
pub struct RangeFlow {
    #[form(Range)]
    #[submit(Self::check)]
    #[next(end)]
    start: Start,
    end: End,
}

/// Stands for the application's own library.
fn elsewhere(errors: FieldErrors) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Ok(errors.into_result()?)
}

impl RangeFlow {
    fn check(&self, _: &mut Activation<Self, ()>, form: Range) -> Result<()> {
        let mut errors = FieldErrors::default();
        errors.add("from", "is a holiday");
        errors.add("from", "is in winter");
        errors.add("to", "is a holiday, too");
        match form.way {
            0 => errors.into_result()?,
            1 => errors.into_result().map_err(Error::other)?,
            2 => elsewhere(errors)?,
            3 => elsewhere(errors).map_err(Error::other)?,
            4 => return Err(Error::other(Error::from(errors))),
            5 => return Err(Error::Other(Box::new(errors))),
            _ => Err(std::io::Error::other("the calendar is away"))?,
        }
        Ok(())
    }
}

#[test]
fn all_that_a_handler_complains_of_is_told_in_whatever_way_it_fails() {
    let engine = Engine::builder(MemoryStore::new()).flow(RangeFlow::new()).build().unwrap();
    for way in 0..=5 {
        let error = engine.start(RangeFlow::start, &user("ann"), Range { from: 1, to: 2, way }).unwrap_err();
        assert!(matches!(error, Error::Form { .. }), "{way}: {error:?}");
        let told = "the form is not filled in right: `from` is a holiday and is in winter; `to` is a holiday, too";
        assert_eq!(error.to_string(), format!("`range.start` of process {0} (task {0}/1): {told}", way + 1), "{way}");
    }
    let error = engine.start(RangeFlow::start, &user("ann"), Range { from: 1, to: 2, way: 6 }).unwrap_err();
    assert!(error.field_errors().is_none(), "{error}");
}
