//! Values as an earlier version stored them: choices with other names, and fields of other types.

mod new;
mod old;

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use viewflow::change::Plan;
use viewflow::engine::Delivery;
use viewflow::error::Stale;
use viewflow::field::{FieldKind, FieldType};
use viewflow::prelude::*;
use viewflow::rust_decimal::Decimal;
use viewflow::{Document, Store};
use viewflow_testing::{Stage, crash_points, inconsistencies};

use self::new::OrderFlow as New;
use self::old::OrderFlow as Old;
use crate::refused::store::Refusing;
use crate::support::{boss, on_every_store, open_task, open_tasks, perform, user};

/// The earlier version. In these tests the versions alternate, so each takes over from the other.
fn old(store: &Arc<dyn Store>) -> Engine {
    Engine::builder(Arc::clone(store)).flow(Old::new()).take_over().build().unwrap()
}

fn new(store: &Arc<dyn Store>) -> Engine {
    Engine::builder(Arc::clone(store)).flow(New::new()).take_over().build().unwrap()
}

fn plan(store: &Arc<dyn Store>) -> Plan {
    Engine::builder(Arc::clone(store)).flow(New::new()).plan().unwrap()
}

fn document(value: &serde_json::Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn stage(way: old::Way, weight: u32) -> old::Stage {
    old::Stage { way, weight }
}

fn is(way: old::Way) -> new::Way {
    match way {
        old::Way::Post => new::Way::Mail,
        old::Way::Courier => new::Way::Courier,
    }
}

/// An order at `choose`.
fn order(engine: &Engine, first: old::Stage, phone: u32) -> ProcessId {
    let form = old::OrderForm { found_by: Some(first.way), first: Some(first), phone };
    engine.start(Old::start, &user("ann"), form).unwrap().id
}

/// An order that waits for all its messages.
fn waiting_order(engine: &Engine, first: old::Stage, phone: u32) -> ProcessId {
    let id = order(engine, first.clone(), phone);
    let form = old::ChooseFields { found_by: Some(first.way), first: Some(first), ways: vec![], phone, spot: None };
    perform(engine, Old::choose, open_task(engine, Old::choose, id).id, form);
    id
}

fn sound(store: &Arc<dyn Store>) {
    assert_eq!(inconsistencies(&**store), Vec::<String>::new());
}

#[test]
fn rows_and_processes_are_found_by_what_they_were_stored_as_under_its_new_name_and_type() {
    on_every_store(|store| {
        let first = stage(old::Way::Post, 7);
        let id = {
            let engine = old(&store);
            for phone in 0..150 {
                let way = if phone == 99 { old::Way::Courier } else { old::Way::Post };
                let stage = Some(first.clone()).filter(|_| phone < 2);
                let parcel = old::Parcel { id: Id::NEW, way, ways: vec![way, old::Way::Courier], stage, phone };
                engine.transaction(|db| db.table().insert(parcel.clone())).unwrap();
            }
            order(&engine, first, 1)
        };
        let told = plan(&store);
        let counts: Vec<_> = told.renewals.iter().map(|renewal| (renewal.of.clone(), renewal.count)).collect();
        let table = |name: &str| Stale::Table(name.to_owned());
        assert_eq!(counts, [(table("values_order"), 1), (table("values_parcel"), 150)], "{told}");
        assert!(told.to_string().contains("150 rows of `values_parcel` will be found by the form"), "{told}");
        let engine = new(&store);
        let count = |found: Result<usize>| found.unwrap();
        let stage = new::Stage { way: new::Way::Mail, weight: "7 kg".to_owned() };
        let found = engine.transaction(|db| {
            let parcels = db.table::<new::Parcel>();
            Ok([
                count(parcels.by(new::Parcel::BY_WAY, new::Way::Mail).count()),
                count(parcels.by(new::Parcel::BY_WAYS, new::Way::Mail).count()),
                count(parcels.by(new::Parcel::BY_STAGE, stage.clone()).count()),
                count(parcels.by(new::Parcel::BY_PHONE, "+55").count()),
                count(parcels.by(new::Parcel::BY_PHONE, "55").count()),
            ])
        });
        assert_eq!(found.unwrap(), [149, 149, 2, 1, 0]);
        let taken =
            new::Parcel { id: Id::NEW, way: new::Way::Mail, ways: vec![], stage: None, phone: "+55".to_owned() };
        let second = engine.transaction(|db| db.table().insert(taken.clone()));
        assert!(matches!(second, Err(Error::NotUnique { row: 56, .. })), "{second:?}");
        let orders = engine.processes::<New>().by(new::Order::BY_FOUND_BY, new::Way::Mail).unwrap();
        assert_eq!(orders.iter().map(|order| order.id).collect::<Vec<_>>(), [id]);
        assert_eq!(plan(&store).renewals, []);
        sound(&store);
    });
}

#[test]
fn values_that_become_equal_and_are_to_be_unique_are_told_with_their_rows() {
    mod first {
        use viewflow::prelude::*;

        #[derive(Entity, Clone, Debug)]
        #[entity(table = "values_room")]
        pub struct Room {
            #[id]
            pub id: Id<Self>,
            #[field(unique)]
            pub number: u32,
        }
    }
    mod second {
        use viewflow::prelude::*;

        #[derive(Entity, Clone, Debug)]
        #[entity(table = "values_room")]
        pub struct Room {
            #[id]
            pub id: Id<Self>,
            #[field(unique, from = |number: u32| (number / 100).to_string())]
            pub number: String,
        }
    }
    on_every_store(|store| {
        let engine = Engine::builder(store.clone()).table::<first::Room>().build().unwrap();
        for number in [101, 201, 202] {
            engine.transaction(|db| db.table().insert(first::Room { id: Id::NEW, number })).unwrap();
        }
        drop(engine);
        let builder = || Engine::builder(store.clone()).table::<second::Room>();
        let told = builder().plan().unwrap();
        let clashes = &told.renewals[0].clashes;
        assert_eq!((&*clashes[0].field, clashes[0].rows), ("number", (2, 3)), "{told}");
        assert!(told.to_string().contains("`number` is unique, and rows 2 and 3 would have the same value"), "{told}");
        let refused = builder().build().unwrap_err().to_string();
        assert!(refused.contains("`number` of the table `values_room` is to be unique, and row 2 has"), "{refused}");
        // The earlier version goes on, and repairs the rows.
        let engine = Engine::builder(store.clone()).table::<first::Room>().build().unwrap();
        let rooms = |number| engine.transaction(|db| db.table().by(first::Room::BY_NUMBER, number).list()).unwrap();
        assert_eq!([101, 201, 202].map(|number| rooms(number).len()), [1, 1, 1]);
        let other = first::Room { number: 302, ..rooms(202).remove(0) };
        engine.transaction(|db| db.table().update(&other)).unwrap();
        drop(engine);
        let engine = builder().build().unwrap();
        let found = ["1", "2", "3"]
            .map(|number| engine.transaction(|db| db.table().by(second::Room::BY_NUMBER, number).count()).unwrap());
        assert_eq!(found, [1, 1, 1]);
        sound(&store);
    });
}

/// An order, and when its messages are sent: before anybody waits, by the earlier version, or by the later one.
#[derive(Clone, Debug)]
struct Plot {
    stage: old::Stage,
    phone: u32,
    suspended: bool,
    early: bool,
    sent_before: [bool; 3],
}

fn plots() -> impl Strategy<Value = Vec<Plot>> {
    let way = prop_oneof![Just(old::Way::Post), Just(old::Way::Courier)];
    let plot = (way, 0..2_u32, 0..2_u32, any::<bool>(), any::<bool>(), any::<[bool; 3]>());
    let plot = plot.prop_map(|(way, weight, phone, suspended, early, sent_before)| Plot {
        stage: stage(way, weight),
        phone,
        suspended,
        early,
        sent_before,
    });
    proptest::collection::vec(plot, 1..6)
}

/// The earlier version begins all orders. Then the later version sends each unsent message, and all orders are
/// done.
fn play(store: &Arc<dyn Store>, plots: &[Plot]) {
    let before = old(store);
    let mut ids = Vec::new();
    for Plot { stage, .. } in plots.iter().filter(|plot| plot.early) {
        before.send(&old::Shipped { stage: stage.clone() }).unwrap();
    }
    for Plot { stage, phone, .. } in plots {
        ids.push(waiting_order(&before, stage.clone(), *phone));
    }
    for (plot, id) in plots.iter().zip(&ids).filter(|(plot, _)| plot.suspended) {
        before.suspend(*id, &boss()).unwrap_or_else(|error| panic!("{plot:?}: {error}"));
    }
    for Plot { stage, phone, early, sent_before: [shipped, weighed, called], .. } in plots {
        let old::Stage { way, weight } = *stage;
        let sent = [
            (*shipped && !early).then(|| before.send(&old::Shipped { stage: stage.clone() }).unwrap()),
            weighed.then(|| before.send(&old::Weighed { way, weight }).unwrap()),
            called.then(|| before.send(&old::Called { phone: *phone }).unwrap()),
        ];
        assert!(sent.iter().flatten().all(|sent| *sent == Delivery::Waiting), "{sent:?}");
    }
    drop(before);
    sound(store);
    let after = new(store);
    sound(store);
    assert_eq!(plan(store).renewals, [], "they all have the current form");
    for (_, id) in plots.iter().zip(&ids).filter(|(plot, _)| plot.suspended) {
        after.resume(*id, &boss()).unwrap();
    }
    for Plot { stage, phone, early, sent_before: [shipped, weighed, called], .. } in plots {
        let (way, weight) = (is(stage.way), format!("{} kg", stage.weight));
        let stage = new::Stage { way, weight: weight.clone() };
        let sent = [
            (!shipped && !early).then(|| after.send(&new::Shipped { stage }).unwrap()),
            (!weighed).then(|| after.send(&new::Weighed { way, weight }).unwrap()),
            (!called).then(|| after.send(&new::Called { phone: format!("+{phone}") }).unwrap()),
        ];
        assert!(sent.iter().flatten().all(|sent| *sent == Delivery::Waiting), "{sent:?}");
    }
    after.run_pending().unwrap();
    for id in ids {
        let left: Vec<_> =
            after.tasks(id, 0, usize::MAX).unwrap().into_iter().filter(|task| !task.status.is_final()).collect();
        assert_eq!(after.process::<New>(id).unwrap().status, ProcessStatus::Done, "{left:#?}");
    }
    sound(store);
}

#[test]
fn messages_and_those_who_wait_for_them_find_each_other_under_keys_that_have_another_form_now() {
    on_every_store(|store| {
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(12) });
        // Each case begins with the state that the case before left.
        let played = runner.run(&plots(), |plots| {
            play(&store, &plots);
            Ok(())
        });
        played.unwrap();
    });
}

#[test]
fn of_messages_of_which_the_last_counts_the_last_is_kept_under_the_key_of_today() {
    on_every_store(|store| {
        let before = old(&store);
        for weight in 1..4 {
            before.send(&old::Weighed { way: old::Way::Post, weight }).unwrap();
        }
        drop(before);
        assert!(plan(&store).renewals.iter().any(|renewal| renewal.of == Stale::Message("values_weighed".to_owned())));
        let after = new(&store);
        let form = new::OrderForm {
            found_by: None,
            first: Some(new::Stage { way: new::Way::Mail, weight: "1 kg".to_owned() }),
            phone: "+1".to_owned(),
        };
        let id = after.start(New::start, &user("ann"), form).unwrap().id;
        let form = document(
            &json!({ "first": { "way": "mail", "weight": "1 kg" }, "ways": [], "phone": "1", "found_by": null, "place": null }),
        );
        let task = open_task(&after, New::choose, id).id;
        after.assign(task, &user("ann")).unwrap();
        after.desk(&user("ann")).execute(task, &form).unwrap();
        after.run_pending().unwrap();
        assert!(open_tasks(&after, New::weighed, id).is_empty(), "it took the message that was kept");
        sound(&store);
    });
}

/// The keys that tasks wait for, and the content of each mailbox.
fn waits_and_letters(store: &dyn Store) -> Vec<String> {
    let mut found = Vec::new();
    for process in store.processes(ProcessId(0), 1000).unwrap() {
        let tasks = store.tasks(process.id, 0, 1000).unwrap();
        found.extend(tasks.iter().map(|task| format!("{} {:?}", task.id, task.waits_for)));
    }
    for (_, row) in store.rows("viewflow.mailbox", 0, 1000).unwrap() {
        for mailbox in row.data["boxes"].as_array().unwrap() {
            let mut mailbox = document(mailbox);
            mailbox.remove("number");
            found.push(serde_json::to_string(&mailbox).unwrap());
        }
    }
    found
}

#[test]
fn wherever_it_is_broken_off_nobody_waits_in_vain_and_no_message_is_lost() {
    // More orders than one step looks at; the first and the last of them are suspended.
    const ORDERS: usize = 66;
    let mut lines = Vec::new();
    {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let engine = old(&store);
        engine.send(&old::Shipped { stage: stage(old::Way::Post, 5) }).unwrap();
        let ids: Vec<_> = (0..ORDERS).map(|_| waiting_order(&engine, stage(old::Way::Post, 0), 3)).collect();
        for id in ids[..3].iter().chain(&ids[ORDERS - 2..]) {
            engine.suspend(*id, &boss()).unwrap();
        }
        for _ in 0..ORDERS {
            engine.send(&old::Shipped { stage: stage(old::Way::Post, 0) }).unwrap();
        }
        engine.send(&old::Called { phone: 3 }).unwrap();
        drop(engine);
        viewflow::store::export(&*store, &mut lines, |_| {}).unwrap();
    }
    let shop = || {
        let store = Arc::new(MemoryStore::new());
        viewflow::store::import(&*store, lines.as_slice(), |_| {}).unwrap();
        store
    };
    let build = |store| Engine::builder(store).flow(New::new()).build();
    let whole: Arc<dyn Store> = shop();
    let engine = build(Arc::clone(&whole)).unwrap();
    let expected = waits_and_letters(&*whole);
    assert!(expected.iter().all(|line| !line.contains("post")), "{expected:#?}");
    let finished = |store: &dyn Store, stage| {
        if stage == Stage::Finished {
            assert_eq!(waits_and_letters(store), expected);
        }
    };
    let crashes = crash_points(shop, Arc::clone, |store| build(store).map(drop), finished);
    assert!(crashes >= 16, "{crashes}");
    for process in engine.processes::<New>().with_status(ProcessStatus::Suspended).list().unwrap() {
        engine.resume(process.id, &boss()).unwrap();
    }
    engine.run_pending().unwrap();
    for process in engine.processes::<New>().list().unwrap() {
        assert!(open_tasks(&engine, New::shipped, process.id).is_empty());
    }
    sound(&whole);
}

#[test]
fn a_form_and_a_draft_show_what_is_stored_as_it_is_called_now() {
    on_every_store(|store| {
        let ann = user("ann");
        let before = old(&store);
        let id = order(&before, stage(old::Way::Post, 3), 5);
        let task = open_task(&before, Old::choose, id).id;
        drop(before);
        let shown = |engine: &Engine| {
            let fields = engine.form(task).unwrap().fields;
            serde_json::Value::Object(fields.into_iter().map(|field| (field.name.to_owned(), field.value)).collect())
        };
        let stored = json!({ "first": { "way": "mail", "weight": "3 kg" }, "found_by": "mail", "ways": [], "phone": "+5", "place": null });
        assert_eq!(shown(&new(&store)), stored);
        // A draft by the earlier version, over the stored values.
        let before = old(&store);
        before.assign(task, &ann).unwrap();
        let draft = json!({
            "first": { "way": "courier", "weight": 4 }, "found_by": "post", "ways": ["post", "courier"], "phone": 6, "spot": "here"
        });
        before.desk(&ann).draft(task, &document(&draft)).unwrap();
        drop(before);
        let after = new(&store);
        let drafted = json!({
            "first": { "way": "courier", "weight": "4 kg" }, "found_by": "mail", "ways": ["mail", "courier"], "phone": "+6", "place": "here"
        });
        assert_eq!(shown(&after), drafted);
        after.desk(&ann).execute(task, &document(&drafted)).unwrap();
        let process = after.process::<New>(id).unwrap();
        assert_eq!(process.status, ProcessStatus::New);
    });
}

#[test]
fn nobody_is_said_to_have_changed_what_the_code_calls_by_another_name() {
    on_every_store(|store| {
        let before = old(&store);
        let ids = [1, 2].map(|_| order(&before, stage(old::Way::Post, 3), 5));
        drop(before);
        let after = new(&store);
        let told = [None, Some("here".to_owned())].into_iter().zip(ids).map(|(place, id)| {
            let first = Some(new::Stage { way: new::Way::Mail, weight: "3 kg".to_owned() });
            let form = new::ChooseFields {
                first,
                found_by: Some(new::Way::Mail),
                ways: vec![],
                phone: "+5".to_owned(),
                place,
            };
            perform(&after, New::choose, open_task(&after, New::choose, id).id, form);
            let events = after.events(id, 0, usize::MAX).unwrap();
            let done = events.iter().filter(|event| event.kind.to_string().contains("choose"));
            done.flat_map(|event| event.changes.iter().map(ToString::to_string)).collect::<Vec<_>>()
        });
        assert_eq!(told.collect::<Vec<_>>(), [vec![], vec!["process.place from null to \"here\"".to_owned()]]);
        let data = after.process_record(ids[0]).unwrap().data;
        assert!(data.contains_key("place") && !data.contains_key("spot"), "{data:?}");
    });
}

/// A flow and a table with amounts of this type.
macro_rules! with_amounts {
    ($module:ident, $amount:ty) => {
        mod $module {
            use viewflow::prelude::*;

            #[derive(Entity, Clone, Debug)]
            #[entity(table = "values_price")]
            pub struct Price {
                #[id]
                pub id: Id<Self>,
                #[field(index)]
                pub amount: $amount,
            }

            #[derive(Message, Clone, Debug)]
            #[message(name = "values_paid", key = amount)]
            pub struct Paid {
                pub amount: $amount,
                pub note: u32,
            }

            #[derive(Message, Clone, Debug)]
            #[message(name = "values_rated", key = amount, latch = last)]
            pub struct Rated {
                pub amount: $amount,
                pub note: u32,
            }

            #[derive(Process, Clone, Debug)]
            pub struct Sale {
                pub price: Option<Ref<Price>>,
                #[field(default = "0".parse().unwrap())]
                pub amount: $amount,
                pub notes: Vec<u32>,
            }

            #[derive(Flow)]
            #[flow(process = Sale, name = "values_sale")]
            pub struct SaleFlow {
                #[fields(amount)]
                #[next(wait)]
                start: Start,
                #[message(Paid, key = |a| a.process.amount.clone())]
                #[call(Self::paid)]
                #[next(rate)]
                wait: MessageCatch,
                #[message(Rated, key = |a| a.process.amount.clone())]
                #[call(Self::rated)]
                #[next(end)]
                rate: MessageCatch,
                end: End,
            }

            impl SaleFlow {
                fn paid(&self, a: &mut Activation<Self, ()>, paid: Paid) -> Result<()> {
                    a.process.notes.push(paid.note);
                    Ok(())
                }

                fn rated(&self, a: &mut Activation<Self, ()>, rated: Rated) -> Result<()> {
                    a.process.notes.push(rated.note);
                    Ok(())
                }
            }
        }
    };
}

/// A decimal whose written forms are all different values, as in the first releases.
#[derive(Clone, Debug)]
pub struct AsWritten(String);

impl std::str::FromStr for AsWritten {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl FieldType for AsWritten {
    type Item = Self;

    fn kind() -> FieldKind {
        FieldKind::Text
    }

    fn encode(&self) -> Result<serde_json::Value, String> {
        self.0.encode()
    }

    fn decode(value: &serde_json::Value) -> Result<Self, String> {
        String::decode(value).map(Self)
    }
}

with_amounts!(written, super::AsWritten);
with_amounts!(counted, super::Decimal);

#[test]
fn what_was_stored_in_several_forms_is_one_value_once_they_count_as_equal() {
    on_every_store(|store| {
        let (ann, forms) = (user("ann"), ["1.5", "1.50", "1.500"]);
        let before = Engine::builder(store.clone()).flow(written::SaleFlow::new()).build().unwrap();
        let mut ids = Vec::new();
        for amount in forms.map(|form| form.parse::<AsWritten>().unwrap()) {
            let price = written::Price { id: Id::NEW, amount: amount.clone() };
            before.transaction(|db| db.table().insert(price.clone())).unwrap();
            ids.push(before.start(written::SaleFlow::start, &ann, written::StartFields { amount }).unwrap().id);
        }
        for (note, amount) in ["2.00", "2", "2.0", "2.00"].into_iter().enumerate() {
            let paid = written::Paid { amount: amount.parse().unwrap(), note: u32::try_from(note).unwrap() };
            assert_eq!(before.send(&paid).unwrap(), Delivery::Kept);
        }
        for (note, amount) in [(7, "2.00"), (8, "2"), (6, "2.00")] {
            before.send(&written::Rated { amount: amount.parse().unwrap(), note }).unwrap();
        }
        let found = |form: &str| {
            before
                .transaction(|db| db.table().by(written::Price::BY_AMOUNT, AsWritten(form.to_owned())).count())
                .unwrap()
        };
        assert_eq!(forms.map(found), [1, 1, 1]);
        drop(before);
        let told = Engine::builder(store.clone()).flow(counted::SaleFlow::new()).plan().unwrap();
        let counts: Vec<_> = told.renewals.iter().map(|renewal| renewal.count).collect();
        assert_eq!(counts, [2, 4, 1], "two rows; two tasks and two mailboxes; a mailbox: {told}");
        let after = Engine::builder(store.clone()).flow(counted::SaleFlow::new()).build().unwrap();
        sound(&store);
        for form in forms {
            let amount = form.parse::<Decimal>().unwrap();
            let found = after.transaction(|db| db.table().by(counted::Price::BY_AMOUNT, amount).count()).unwrap();
            assert_eq!(found, 3);
            assert_eq!(after.send(&counted::Paid { amount: Decimal::new(15, 1), note: 9 }).unwrap(), Delivery::Waiting);
        }
        for _ in 0..4 {
            let amount = "2.000".parse().unwrap();
            ids.push(after.start(counted::SaleFlow::start, &ann, counted::StartFields { amount }).unwrap().id);
        }
        after.run_pending().unwrap();
        let notes: Vec<_> =
            ids.iter().flat_map(|id| after.process::<counted::SaleFlow>(*id).unwrap().notes.clone()).collect();
        // Kept messages come in the order of sending. Where only the last one counts, it comes alone.
        assert_eq!(notes, [9, 9, 9, 0, 6, 1, 2, 3]);
        sound(&store);
    });
}

#[test]
fn what_cannot_be_read_is_passed_over_and_is_given_the_form_of_today_when_it_can() {
    on_every_store(|store| {
        let before = old(&store);
        for phone in 0..3 {
            let parcel = old::Parcel { id: Id::NEW, way: old::Way::Post, ways: vec![], stage: None, phone };
            before.transaction(|db| db.table().insert(parcel.clone())).unwrap();
        }
        let ids = [1, 2].map(|phone| waiting_order(&before, stage(old::Way::Post, phone), phone));
        let task = open_task(&before, Old::shipped, ids[0]).id;
        drop(before);
        let refusing = Arc::new(Refusing::new(Arc::clone(&store)));
        let build = || Engine::builder(Arc::clone(&refusing) as Arc<dyn Store>).flow(New::new()).build().unwrap();
        let mailboxes = store.row_ids("viewflow.mailbox", 0, 100).unwrap();
        refusing.cannot_read(Refusing::row("values_parcel", 2));
        refusing.cannot_read(Refusing::task(task));
        // The mailboxes of tasks that wait for a call.
        let calls = |row: &u64| {
            store.row("viewflow.mailbox", *row).unwrap().unwrap().data["boxes"].to_string().contains("values_called")
        };
        let calls: Vec<_> = mailboxes.into_iter().filter(calls).collect();
        assert_eq!(calls.len(), 2);
        calls.iter().for_each(|row| refusing.cannot_read(Refusing::row("viewflow.mailbox", *row)));
        let found = |engine: &Engine| {
            engine.transaction(|db| db.table().by(new::Parcel::BY_WAY, new::Way::Mail).list()).unwrap().len()
        };
        let shipped = |engine: &Engine, weight: u32| {
            let stage = new::Stage { way: new::Way::Mail, weight: format!("{weight} kg") };
            engine.send(&new::Shipped { stage }).unwrap()
        };
        let engine = build();
        assert_eq!(found(&engine), 2);
        assert_eq!(shipped(&engine, 2), Delivery::Waiting);
        drop(engine);
        refusing.is_repaired();
        sound(&store);
        let engine = build();
        assert_eq!(found(&engine), 3);
        assert_eq!(shipped(&engine, 1), Delivery::Waiting);
        assert_eq!(engine.send(&new::Called { phone: "+2".to_owned() }).unwrap(), Delivery::Waiting);
        sound(&store);
    });
}

/// A flow that waits for full payment, with the sum under this name.
macro_rules! with_sums {
    ($module:ident, $sum:ident: $kind:ty $(, $earlier:meta)*) => {
        mod $module {
            use viewflow::prelude::*;

            #[derive(Message, Clone, Debug)]
            #[message(name = "values_in_full", key = $sum)]
            pub struct InFull {
                $(#[$earlier])*
                pub $sum: $kind,
            }

            #[derive(Process, Clone, Debug)]
            pub struct Debt {
                $(#[$earlier])*
                pub $sum: $kind,
            }

            #[derive(Flow)]
            #[flow(process = Debt, name = "values_debt")]
            pub struct DebtFlow {
                #[fields($sum)]
                #[next(wait)]
                start: Start,
                #[message(InFull, key = |a| a.process.$sum)]
                #[next(end)]
                wait: MessageCatch,
                end: End,
            }
        }
    };
}
with_sums!(in_cents, cents: u32);
with_sums!(in_euros, euros: f64, was("cents"), field(from = |cents: u32| f64::from(cents) / 100.0));

#[test]
fn a_key_is_converted_as_its_field_is_even_if_it_could_be_read_as_it_is() {
    on_every_store(|store| {
        let ann = user("ann");
        let before = Engine::builder(store.clone()).flow(in_cents::DebtFlow::new()).build().unwrap();
        let id = before.start(in_cents::DebtFlow::start, &ann, in_cents::StartFields { cents: 250 }).unwrap().id;
        assert_eq!(before.send(&in_cents::InFull { cents: 300 }).unwrap(), Delivery::Kept);
        drop(before);
        for _ in 0..2 {
            drop(Engine::builder(store.clone()).flow(in_euros::DebtFlow::new()).build().unwrap());
        }
        let after = Engine::builder(store.clone()).flow(in_euros::DebtFlow::new()).build().unwrap();
        assert_eq!(after.send(&in_euros::InFull { euros: 2.5 }).unwrap(), Delivery::Waiting);
        let other = after.start(in_euros::DebtFlow::start, &ann, in_euros::StartFields { euros: 3.0 }).unwrap().id;
        after.run_pending().unwrap();
        for id in [id, other] {
            assert_eq!(after.process::<in_euros::DebtFlow>(id).unwrap().status, ProcessStatus::Done);
        }
        sound(&store);
    });
}
