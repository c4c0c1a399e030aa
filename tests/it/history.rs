//! The history: who did which act, when and why, with the data before and after.

use std::time::Duration;

use serde_json::{Value, json};
use viewflow::engine::ManualClock;
use viewflow::prelude::*;
use viewflow::store::{DataPart, Event, EventKind};
use viewflow::{Timestamp, User};

use crate::support::{boss, manual, on_every_store, open_task, user};

#[derive(Process, Clone, Debug)]
#[process(artifact = String)]
pub struct OrderProcess {
    #[field(column, index)]
    pub customer: Option<String>,
    #[field(default = 1)]
    pub amount: u32,
    #[field(default = 7)]
    pub price: u32,
    pub note: Option<String>,
}

#[derive(Task, Clone, Debug)]
#[task(artifact = String)]
pub struct Packing {
    #[field(default = 0)]
    pub boxes: u32,
}

#[derive(Form, Clone, Debug)]
pub struct Order {
    pub customer: String,
    pub amount: u32,
}

#[derive(Form, Clone, Debug)]
pub struct Boxes {
    pub boxes: u32,
}

/// An order is priced, checked, packed and sent.
#[derive(Flow)]
#[flow(process = OrderProcess)]
pub struct OrderFlow {
    #[form(Order)]
    #[submit(Self::order)]
    #[next(price)]
    start: Start,
    #[call(Self::price)]
    #[next(check)]
    price: Function,
    #[fields(amount, note)]
    #[next(pack)]
    check: View,
    #[on_create(Self::unpack)]
    #[form(Boxes)]
    #[submit(Self::packed)]
    #[next(send)]
    pack: View<Packing>,
    #[call(Self::send)]
    #[done(Self::sent)]
    #[next(end)]
    send: Job,
    end: End,
}

impl OrderFlow {
    fn order(&self, a: &mut Activation<Self, ()>, form: Order) -> Result<()> {
        (a.process.customer, a.process.amount) = (Some(form.customer), form.amount);
        Ok(())
    }

    fn price(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.price = a.process.amount * 10;
        Ok(())
    }

    fn unpack(&self, a: &mut Activation<Self, Packing>) -> Result<()> {
        a.task.boxes = 1;
        a.process.artifact = Some("in the shelf".to_owned());
        Ok(())
    }

    fn packed(&self, a: &mut Activation<Self, Packing>, form: Boxes) -> Result<()> {
        a.task.boxes = form.boxes;
        a.task.artifact = Some("a pallet".to_owned());
        Ok(())
    }

    fn send(&self, _: &JobRun<Self>) -> Result<String> {
        Ok("by post".to_owned())
    }

    fn sent(&self, a: &mut Activation<Self, ()>, how: String) -> Result<()> {
        a.process.artifact = Some(how);
        Ok(())
    }
}

fn start(engine: &Engine, user: &impl User, customer: &str) -> ProcessId {
    engine.start(OrderFlow::start, user, Order { customer: customer.to_owned(), amount: 3 }).unwrap().id
}

fn check(engine: &Engine, id: ProcessId, user: &impl User, amount: u32, note: Option<String>) {
    let task = open_task(engine, OrderFlow::check, id).id;
    let task = engine.task(OrderFlow::check, task).unwrap().assign(user).unwrap();
    task.execute(user, CheckFields { amount, note }).unwrap();
}

/// The changes at the event that reads as `what`, one line each.
fn changes(engine: &Engine, id: ProcessId, what: &str) -> Vec<String> {
    let events = engine.events(id, 0, 1000).unwrap();
    let event = events.iter().find(|event| event.kind.to_string() == what).unwrap();
    event.changes.iter().map(ToString::to_string).collect()
}

fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

#[test]
fn the_history_of_a_process_tells_who_did_what_when_and_why() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(OrderFlow::new()).build().unwrap();
        let (ann, bob) = (user("ann"), user("bob"));
        let id = start(&engine, &ann, "zoe");
        clock.advance(Duration::from_secs(5));
        let task = open_task(&engine, OrderFlow::check, id).id;
        engine.assign(task, &bob.because("ann is ill")).unwrap();
        clock.advance(Duration::from_secs(5));
        engine.cancel(id, &boss().because("sent twice")).unwrap();
        let events = engine.history().of_process(id).list().unwrap();
        let told = |event: &Event| {
            let who = event.actor.as_ref().map_or("", UserId::as_str).to_owned();
            (event.kind.to_string(), who, event.at, event.reason.clone().unwrap_or_default())
        };
        let line =
            |what: &str, who: &str, at, why: &str| (what.to_owned(), who.to_owned(), seconds(at), why.to_owned());
        let newest: Vec<_> = events[..3].iter().map(told).collect();
        assert_eq!(
            newest,
            [
                line("process canceled", "boss", 10, "sent twice"),
                line("check canceled", "boss", 10, "sent twice"),
                line("check assigned to bob", "bob", 5, "ann is ill"),
            ]
        );
        assert!(events[3..].iter().all(|event| (event.actor.as_ref(), event.at) == (Some(&ann), seconds(0))));
        assert!(events.iter().rev().map(|event| event.number).eq((1..).take(events.len())), "newest first");
        let mut oldest_first = engine.events(id, 0, 1000).unwrap();
        oldest_first.reverse();
        assert_eq!(events, oldest_first);
        assert!(engine.history().of_process(ProcessId(999)).list().unwrap().is_empty());
    });
}

#[test]
fn each_handler_tells_which_data_it_changed_from_what_to_what() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(OrderFlow::new()).build().unwrap();
        let ann = user("ann");
        let id = start(&engine, &ann, "zoe");
        assert!(changes(&engine, id, "process started").is_empty(), "defaults are no changes");
        // The history separates two handlers of one step.
        assert_eq!(
            changes(&engine, id, "start finished"),
            ["process.amount from 1 to 3", "process.customer from null to \"zoe\""]
        );
        assert_eq!(changes(&engine, id, "price finished"), ["process.price from 7 to 30"]);
        check(&engine, id, &ann, 3, Some("in a hurry".to_owned()));
        assert_eq!(changes(&engine, id, "check finished"), ["process.note from null to \"in a hurry\""]);
        let made = changes(&engine, id, "pack created");
        assert_eq!(made, ["process.artifact from null to \"in the shelf\"", "task.boxes from 0 to 1"]);
        let task = open_task(&engine, OrderFlow::pack, id).id;
        let task = engine.task(OrderFlow::pack, task).unwrap().assign(&ann).unwrap();
        task.execute(&ann, Boxes { boxes: 2 }).unwrap();
        let packed = changes(&engine, id, "pack finished");
        assert_eq!(packed, ["task.artifact from null to \"a pallet\"", "task.boxes from 1 to 2"]);
        engine.run_pending().unwrap();
        let sent = changes(&engine, id, "send finished");
        assert_eq!(sent, ["process.artifact from \"in the shelf\" to \"by post\""]);
        // Walks back from the last state to the first.
        let mut amount = json!(engine.process::<OrderFlow>(id).unwrap().amount);
        for event in engine.history().of_process(id).list().unwrap() {
            for change in event.changes.iter().rev().filter(|change| change.part == DataPart::Field("amount".into())) {
                assert_eq!(change.to, amount);
                amount = change.from.clone();
            }
        }
        assert_eq!(amount, json!(1));
    });
}

#[test]
fn what_stays_as_it_is_is_not_told_and_what_is_long_is_told_by_its_length() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(OrderFlow::new()).build().unwrap();
        let ann = user("ann");
        let id = start(&engine, &ann, "zoe");
        check(&engine, id, &ann, 3, None);
        assert!(changes(&engine, id, "check finished").is_empty());
        let long = start(&engine, &ann, "zoe");
        check(&engine, long, &ann, 3, Some("x".repeat(3000)));
        assert_eq!(changes(&engine, long, "check finished"), ["process.note from null to 3002 bytes"]);
        let events = engine.events(long, 0, 1000).unwrap();
        let change = events.iter().flat_map(|event| &event.changes).find(|change| change.to_bytes.is_some()).unwrap();
        assert_eq!((&change.to, change.from_bytes, change.to_bytes), (&Value::Null, None, Some(3002)));
        let kept = start(&engine, &ann, "zoe");
        check(&engine, kept, &ann, 3, Some("x".repeat(2046)));
        assert!(changes(&engine, kept, "check finished")[0].ends_with("xxx\""));
    });
}

/// Ann starts an order each second, and bob checks every third one.
fn a_day(engine: &Engine, clock: &ManualClock) -> Vec<ProcessId> {
    let mut ids = Vec::new();
    for number in 0..12 {
        let id = start(engine, &user("ann"), &format!("customer {number}"));
        if number % 3 == 0 {
            check(engine, id, &user("bob"), 3, None);
        }
        clock.advance(Duration::from_secs(1));
        ids.push(id);
    }
    ids
}

#[test]
fn the_history_is_read_by_person_and_by_time_page_by_page() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(OrderFlow::new()).build().unwrap();
        let ids = a_day(&engine, &clock);
        let all = engine.history().list().unwrap();
        assert!(all.is_sorted_by(|a, b| (a.at, a.process, a.number) > (b.at, b.process, b.number)));
        let count: usize = ids.iter().map(|id| engine.events(*id, 0, 1000).unwrap().len()).sum();
        assert_eq!(all.len(), count);
        let bob = user("bob");
        let between = |from, to| engine.history().between(seconds(from), seconds(to));
        let queries: [(_, Box<dyn Fn(&Event) -> bool>); 6] = [
            (engine.history().by(&bob), Box::new(|event| event.actor == Some(user("bob")))),
            (between(3, 6), Box::new(|event| (seconds(3)..seconds(6)).contains(&event.at))),
            (
                between(3, 10).by(&bob),
                Box::new(|event| event.actor == Some(user("bob")) && (seconds(3)..seconds(10)).contains(&event.at)),
            ),
            (engine.history().of_process(ids[6]).by(&bob), {
                let id = ids[6];
                Box::new(move |event| event.process == id && event.actor == Some(user("bob")))
            }),
            (between(6, 6), Box::new(|_| false)),
            (between(100, 200), Box::new(|_| false)),
        ];
        for (number, (query, wanted)) in queries.iter().enumerate() {
            let expected: Vec<_> = all.iter().filter(|event| wanted(event)).cloned().collect();
            assert_eq!(expected.is_empty(), number > 3);
            for limit in [1, 2, 5, 1000] {
                let (mut found, mut after) = (Vec::new(), None);
                loop {
                    let page = query.page(after, limit).unwrap();
                    assert!(page.items.len() <= limit);
                    found.extend(page.items);
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(found, expected, "query {number}, {limit} to a page");
            }
            assert_eq!(query.list().unwrap(), expected);
        }
    });
}

#[test]
fn a_clock_that_is_set_back_hides_nothing() {
    on_every_store(|store| {
        let clock = std::sync::Arc::new(ManualClock::at(seconds(100)));
        let builder = Engine::builder(store).clock(std::sync::Arc::clone(&clock));
        let engine = builder.flow(OrderFlow::new()).build().unwrap();
        let id = start(&engine, &user("ann"), "zoe");
        clock.set(seconds(50));
        check(&engine, id, &user("bob"), 3, None);
        let bobs = engine.history().between(seconds(40), seconds(60)).list().unwrap();
        assert!(!bobs.is_empty() && bobs.iter().all(|event| event.actor == Some(user("bob"))));
        assert_eq!(engine.history().between(seconds(0), seconds(40)).list().unwrap(), []);
        let all = engine.history().of_process(id).list().unwrap();
        assert!(all.is_sorted_by(|a, b| a.number > b.number));
        assert_eq!(engine.history().list().unwrap().len(), all.len());
        assert!(matches!(all.last().unwrap().kind, EventKind::ProcessStarted));
    });
}
