//! One thing whole at the desk: a task and a process with all that a person sees of them, and searches for choices.

use std::sync::Arc;

use serde_json::{Value, json};
use viewflow::desk::{FormPlace, ShownField};
use viewflow::field::Choice;
use viewflow::lifecycle::Action;
use viewflow::people::Object;
use viewflow::prelude::*;
use viewflow::{Document, NodeName, Page, Store, User};

use crate::children::{NewText, PublicationFlow, TranslationFlow};
use crate::support::{boss, complaints, on_every_store, open_task, user};

#[derive(Entity, Clone, Debug)]
#[entity(table = "whole_dish", label = name)]
pub struct Dish {
    #[id]
    pub id: Id<Dish>,
    pub name: String,
}

#[derive(Embedded, Clone, Debug)]
pub struct Table {
    #[field(label = "Near")]
    pub near: Option<String>,
    pub floor: u8,
}

#[derive(Choices, Clone, Copy, Debug, PartialEq)]
pub enum Size {
    Small,
    #[choice(label = "A large one")]
    Large,
}

#[derive(Process, Clone, Debug)]
#[process(artifact = Ref<Dish>)]
pub struct Dinner {
    #[field(label = "Guest")]
    pub guest: String,
    #[field(choices = |db| db.table::<Dish>().all())]
    pub dish: Option<Ref<Dish>>,
    pub beside: Vec<Ref<Dish>>,
    pub size: Option<Size>,
    pub table: Option<Table>,
    #[field(column, index, default = 1)]
    pub seats: u32,
    #[field(widget = password)]
    pub code: Option<String>,
    pub fried: bool,
}

#[derive(Task, Clone, Debug)]
#[task(seed = Ref<Dish>)]
pub struct Cooking {
    #[field(default = 0)]
    pub minutes: u32,
}

#[derive(Flow)]
#[flow(process = Dinner, name = "whole")]
pub struct DinnerFlow {
    #[fields(guest, dish, beside, size, table, seats, code)]
    #[submit(Self::ordered)]
    #[next(cook, task_seed = |a| a.process.dish)]
    order: Start,

    #[permission(auto)]
    #[fields(seats, dish, beside, fried, size)]
    #[submit(Self::cooked)]
    #[next(eat)]
    cook: View<Cooking>,

    #[next(end)]
    eat: View,

    end: End,
}

impl DinnerFlow {
    fn ordered(&self, a: &mut Activation<Self, ()>, _: OrderFields) -> Result<()> {
        a.process.artifact = a.process.dish;
        Ok(())
    }

    fn cooked(&self, a: &mut Activation<Self, Cooking>, _: CookFields) -> Result<()> {
        a.task.minutes = 20;
        Ok(())
    }
}

/// A person with some permissions on everything.
#[derive(Clone, Copy)]
struct Somebody {
    name: &'static str,
    rights: &'static [&'static str],
    is_active: bool,
}

const fn somebody(name: &'static str, rights: &'static [&'static str]) -> Somebody {
    Somebody { name, rights, is_active: true }
}

impl User for Somebody {
    fn id(&self) -> UserId {
        UserId::new(self.name)
    }

    fn has_permission(&self, permission: &str, _: Option<&Object>) -> bool {
        self.rights.contains(&permission)
    }

    fn is_active(&self) -> bool {
        self.is_active
    }
}

const ANN: Somebody = somebody("ann", &[]);
const CHEF: Somebody = somebody("chef", &["whole.cook"]);
const COOK: Somebody = somebody("cook", &["whole.cook"]);
const VIEWER: Somebody = somebody("vera", &["whole.view"]);
const MANAGER: Somebody = somebody("mona", &["whole.manage"]);
const STRANGER: Somebody = somebody("stan", &[]);
const GONE: Somebody = Somebody { name: "gone", rights: &["whole.manage", "whole.cook"], is_active: false };

/// Of a kitchen: neither its process nor its task.
const NOTHING: [bool; 4] = [false; 4];

struct Kitchen {
    engine: Engine,
    id: ProcessId,
    task: TaskId,
}

impl Kitchen {
    /// Ann has ordered soup, with a salad beside it.
    fn open(store: Arc<dyn Store>) -> Self {
        let engine = Engine::builder(store).flow(DinnerFlow::new()).build().unwrap();
        dishes(&engine, &["Soup", "Salad"]);
        let order = json!({
            "guest": "Ann", "dish": 1, "beside": [1, 2], "size": "large", "table": {"near": "the door", "floor": 2},
            "code": "1234", "seats": 3,
        });
        let id = engine.desk(&ANN).start(&DinnerFlow::order.full_name(), order.as_object().unwrap()).unwrap();
        let task = open_task(&engine, DinnerFlow::cook, id).id;
        Self { engine, id, task }
    }
}

fn dishes(engine: &Engine, names: &[&str]) {
    let insert = |db: &viewflow::Db| {
        let dish = |name: &&str| db.table().insert(Dish { id: Id::NEW, name: (*name).to_owned() }).map(drop);
        names.iter().try_for_each(dish)
    };
    engine.transaction(insert).unwrap();
}

fn texts(fields: &[ShownField]) -> Vec<String> {
    fields.iter().map(|field| format!("{}: {}", field.label, field.text)).collect()
}

fn document(value: &Value) -> Document {
    value.as_object().unwrap().clone()
}

#[test]
fn a_task_is_shown_with_its_form_its_data_and_that_of_its_process() {
    on_every_store(|store| {
        let Kitchen { engine, task, .. } = Kitchen::open(store);
        let shown = engine.desk(&CHEF).task(task).unwrap();
        assert_eq!((&*shown.line.node, &*shown.line.title, shown.line.status), ("cook", "Cook", TaskStatus::New));
        assert_eq!(shown.process.started_by, Some(user("ann")));
        let form = shown.form.unwrap();
        let names: Vec<_> = form.fields.iter().map(|field| (field.name, field.value.clone())).collect();
        let expected = [("seats", json!(3)), ("dish", json!(1)), ("beside", json!([1, 2])), ("fried", json!(false))];
        assert_eq!(names[..4], expected);
        assert_eq!(texts(&shown.fields), ["Minutes: 0"]);
        assert_eq!(texts(&shown.seed.into_iter().collect::<Vec<_>>()), ["Seed: Soup"]);
        assert_eq!(shown.artifact, None);
        assert_eq!(
            texts(&shown.process_fields),
            [
                "Guest: Ann",
                "Dish: Soup",
                "Beside: Soup, Salad",
                "Size: A large one",
                "Table: Near: the door, Floor: 2",
                "Seats: 3",
                "Code: ",
                "Fried: no",
            ]
        );
        assert_eq!(shown.process_fields[4].value, json!({"near": "the door", "floor": 2}));
        assert_eq!(shown.process_fields[6].value, Value::Null, "what is secret is not shown");

        engine.assign(task, &CHEF).unwrap();
        engine.desk(&CHEF).execute(task, &Document::new()).unwrap();
        let shown = engine.desk(&CHEF).task(task).unwrap();
        assert!(shown.form.is_none(), "the task is over");
        assert_eq!(texts(&shown.fields), ["Minutes: 20"]);
    });
}

#[test]
fn answers_are_json_with_times_and_ids_as_text() {
    let store = Arc::new(MemoryStore::new());
    let Kitchen { engine, task, id } = Kitchen::open(store);
    let shown = serde_json::to_value(engine.desk(&MANAGER).task(task).unwrap()).unwrap();
    assert_eq!(shown["line"]["id"], json!("1/2"));
    assert_eq!((&shown["line"]["status"], &shown["line"]["kind"]), (&json!("new"), &json!("View")));
    assert!(shown["line"]["created"].as_str().unwrap().ends_with('Z'), "{}", shown["line"]["created"]);
    let shown = serde_json::to_value(engine.desk(&MANAGER).process(id).unwrap()).unwrap();
    assert_eq!((&shown["line"]["id"], &shown["history"]["items"][0]["task"]), (&json!(1), &json!("1/2")));
    let marks: Vec<_> = shown["chart"]["nodes"].as_array().unwrap().iter().map(|node| &node["mark"]).collect();
    assert_eq!(marks, ["passed", "active", "untouched", "untouched"]);
    assert_eq!(shown["artifact"]["text"], json!("Soup"));
    let shown = serde_json::to_value(engine.desk(&MANAGER).process_at(id, 1).unwrap()).unwrap();
    assert_eq!((&shown["event"], &shown["status"]), (&json!(1), &json!("new")));
}

#[test]
fn a_row_that_is_gone_is_shown_by_its_number() {
    let engine = Engine::builder(MemoryStore::new()).flow(DinnerFlow::new()).build().unwrap();
    dishes(&engine, &["Soup", "Salad"]);
    let order = document(&json!({"guest": "Ann", "seats": 1, "dish": 1, "beside": [2]}));
    let id = engine.desk(&ANN).start(&DinnerFlow::order.full_name(), &order).unwrap();
    engine.transaction(|db| db.table::<Dish>().delete(Id::from_number(1))).unwrap();
    let shown = engine.desk(&ANN).process(id).unwrap();
    assert_eq!(shown.fields[1].text, "whole_dish 1");
}

/// The parts of a kitchen that a person sees: its process, the task, the form of that, and its draft.
fn sees(kitchen: &Kitchen, person: &Somebody) -> [bool; 4] {
    let desk = kitchen.engine.desk(person);
    let (process, task) = (kitchen.id, kitchen.task);
    let sees_process = desk.process(process).is_ok();
    let is_hidden = |error: &Error| matches!(error, Error::NoProcess(id) if *id == process);
    for error in [
        desk.process(process).err(),
        desk.tasks_of(process, 0, 10).err(),
        desk.history(process, None, 10).err(),
        desk.process_at(process, 1).err(),
    ] {
        assert_eq!(error.as_ref().is_some_and(is_hidden), !sees_process, "{}: {error:?}", person.name);
    }
    let shown = desk.task(task);
    let place = FormPlace::Task(task);
    let searched = desk.choices(&place, "dish", "", None, 10);
    for error in [shown.as_ref().err(), searched.as_ref().err()] {
        let is_hidden = matches!(error, Some(Error::NoTask(id)) if *id == task);
        assert_eq!(is_hidden, shown.is_err(), "{}: {error:?}", person.name);
    }
    let shown = shown.ok();
    let has_form = shown.as_ref().is_some_and(|shown| shown.form.is_some());
    let draft = shown.as_ref().and_then(|shown| shown.draft.clone());
    // The form is filled in with the draft for those alone who see it.
    let drafted = shown.as_ref().and_then(|shown| shown.form.as_ref()).map(|form| form.fields[0].value.clone());
    assert_eq!(drafted == Some(json!(9)), draft.is_some(), "{}", person.name);
    // The form alone shows no more of it.
    if let Some(drafted) = drafted {
        let alone = [desk.form(task).unwrap(), desk.fill_in(task, &Document::new()).unwrap().form];
        alone.iter().for_each(|form| assert_eq!(form.fields[0].value, drafted, "{}", person.name));
    }
    [sees_process, shown.is_some(), has_form, draft.is_some()]
}

#[test]
fn everybody_sees_what_concerns_them_and_nothing_else() {
    on_every_store(|store| {
        let kitchen = Kitchen::open(store);
        let told = |expected: &[(&Somebody, [bool; 4])]| {
            for (person, expected) in expected {
                assert_eq!(sees(&kitchen, person), *expected, "{}", person.name);
            }
        };
        told(&[
            (&ANN, [true, false, false, false]),
            (&CHEF, [false, true, true, false]),
            (&VIEWER, [true, true, true, false]),
            (&MANAGER, [true, true, true, false]),
            (&STRANGER, NOTHING),
            (&GONE, NOTHING),
        ]);
        let Kitchen { engine, task, .. } = &kitchen;
        engine.assign(*task, &CHEF).unwrap();
        engine.delegate(*task, &CHEF, &STRANGER).unwrap();
        engine.desk(&STRANGER).draft(*task, &document(&json!({"seats": 9}))).unwrap();
        told(&[
            (&ANN, [true, false, false, false]),
            (&CHEF, [true, true, true, false]),
            (&STRANGER, [true, true, true, true]),
            (&COOK, NOTHING),
            (&VIEWER, [true, true, true, true]),
            (&MANAGER, [true, true, true, true]),
            (&GONE, NOTHING),
        ]);
        engine.desk(&STRANGER).execute(*task, &Document::new()).unwrap();
        let done = |person: &Somebody| engine.desk(person).task(*task).is_ok();
        assert_eq!([&CHEF, &STRANGER, &COOK, &ANN].map(done), [true, true, false, false]);
    });
}

#[test]
fn what_may_be_done_is_told_with_why_the_rest_may_not() {
    on_every_store(|store| {
        let Kitchen { engine, id, task } = Kitchen::open(store);
        let told = |person: &Somebody, action: Action| {
            let all = engine.desk(person).task(task).unwrap().actions;
            let may = all.into_iter().find(|may| may.action == action).unwrap();
            assert_eq!(may.allowed, may.why_not.is_none());
            may.why_not.map_or(("allowed", String::new()), |why| (why.kind, why.message))
        };
        assert_eq!(told(&CHEF, Action::Assign).0, "allowed");
        assert_eq!(told(&CHEF, Action::Execute).0, "wrong_status");
        let (kind, message) = told(&VIEWER, Action::Assign);
        assert_eq!(kind, "forbidden");
        assert!(message.contains("whole.cook"), "{message}");
        assert_eq!(told(&MANAGER, Action::CancelTask).0, "allowed");
        let tag = || engine.desk(&CHEF).task(task).unwrap().line.tag;
        let before = tag();
        engine.assign(task, &CHEF).unwrap();
        assert_eq!((before < tag(), tag()), (true, engine.process_record(id).unwrap().events));
        assert_eq!(told(&MANAGER, Action::Execute).0, "not_owner");
        // The verdicts of the desk agree with the actions of the engine.
        for action in engine.actions(task, &CHEF).unwrap() {
            assert_eq!(told(&CHEF, action).0, "allowed", "{action}");
        }
        engine.suspend(id, &boss()).unwrap();
        assert_eq!(told(&CHEF, Action::Execute).0, "suspended");
        let of_process = |person: &Somebody| -> Vec<_> {
            let all = engine.desk(person).process(id).unwrap().actions;
            all.into_iter().map(|may| (may.action, may.why_not.map_or("allowed", |why| why.kind))).collect()
        };
        assert_eq!(
            of_process(&MANAGER),
            [
                (Action::View, "allowed"),
                (Action::Cancel, "allowed"),
                (Action::GoBack, "suspended"),
                (Action::Suspend, "suspended"),
                (Action::Resume, "allowed"),
            ]
        );
        assert!(
            of_process(&ANN).iter().all(|(_, why)| matches!(*why, "forbidden" | "suspended")),
            "{:?}",
            of_process(&ANN)
        );
    });
}

#[test]
fn a_process_is_shown_with_its_tasks_page_by_page() {
    on_every_store(|store| {
        let Kitchen { engine, id, task } = Kitchen::open(store);
        engine.assign(task, &CHEF).unwrap();
        engine.desk(&CHEF).execute(task, &Document::new()).unwrap();
        let desk = engine.desk(&ANN);
        let whole = desk.process(id).unwrap();
        let nodes: Vec<_> = whole.tasks.items.iter().map(|task| (&*task.node, task.owner.clone())).collect();
        assert_eq!(nodes, [("order", Some(user("ann"))), ("cook", Some(user("chef"))), ("eat", None)]);
        assert_eq!(whole.tasks.next, None);
        let first = desk.tasks_of(id, 0, 2).unwrap();
        assert_eq!((first.items.len(), first.next), (2, Some(2)));
        let last = desk.tasks_of(id, first.next.unwrap(), 2).unwrap();
        assert_eq!((&*last.items[0].node, last.next), ("eat", None));
        assert_eq!(whole.chart.unwrap().marks, engine.marks(id).unwrap());
    });
}

#[test]
fn the_history_tells_who_did_what_why_and_what_changed() {
    on_every_store(|store| {
        let Kitchen { engine, id, task } = Kitchen::open(store);
        engine.assign(task, &CHEF).unwrap();
        engine.delegate(task, &CHEF, &COOK).unwrap();
        let form = document(&json!({"dish": 2, "fried": true}));
        engine.desk(&engine.desk(&COOK).because("no soup left")).execute(task, &form).unwrap();
        let page = engine.desk(&VIEWER).history(id, None, 100).unwrap();
        assert_eq!(page.next, None);
        let numbers: Vec<_> = page.items.iter().map(|event| event.number).collect();
        let events = engine.events(id, 0, 100).unwrap();
        assert_eq!(numbers, events.iter().rev().map(|event| event.number).collect::<Vec<_>>());
        let done = page.items.iter().find(|event| event.text == "cook finished").unwrap();
        assert_eq!((done.actor.clone(), done.on_behalf_of.clone()), (Some(user("cook")), Some(user("chef"))));
        assert_eq!((done.reason.as_deref(), done.title.as_deref()), (Some("no soup left"), Some("Cook")));
        let changes: Vec<_> = done
            .changes
            .iter()
            .map(|change| (change.part.to_string(), change.label.unwrap(), &*change.from.text, &*change.to.text))
            .collect();
        assert_eq!(
            changes,
            [
                ("process.dish".to_owned(), "Dish", "Soup", "Salad"),
                ("process.fried".to_owned(), "Fried", "no", "yes"),
                ("task.minutes".to_owned(), "Minutes", "0", "20"),
            ]
        );
        // Ann started the process, and sees the task in a line.
        let page = engine.desk(&ANN).history(id, None, 100).unwrap();
        let done = page.items.iter().find(|event| event.text == "cook finished").unwrap();
        let parts: Vec<_> = done.changes.iter().map(|change| change.part.to_string()).collect();
        assert_eq!(parts, ["process.dish", "process.fried"], "the data of a task is for those who see the task");
        // Page by page it is the same.
        let (mut after, mut paged) = (None, Vec::new());
        loop {
            let page = engine.desk(&VIEWER).history(id, after, 2).unwrap();
            paged.extend(page.items.into_iter().map(|event| event.number));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(paged, numbers);
    });
}

#[test]
fn a_process_shows_the_children_that_a_person_sees_and_a_child_its_parent() {
    on_every_store(|store| {
        let builder = Engine::builder(store).flow(PublicationFlow::new()).flow(TranslationFlow::new());
        let engine = builder.build().unwrap();
        let text = NewText { body: "Hello".to_owned(), languages: vec!["de".to_owned(), "fr".to_owned()] };
        let id = engine.start(PublicationFlow::start, &user("eve"), text).unwrap().id;
        let whole = engine.desk(&boss()).process(id).unwrap();
        assert_eq!((whole.children.len(), whole.more_children), (2, false));
        let child = whole.children[0].id;
        let host = open_task(&engine, PublicationFlow::translate, id).id;
        assert_eq!(engine.desk(&boss()).process(child).unwrap().parent, Some(host));
        // A person that views one flow does not see the processes of another.
        let of_parent = somebody("pat", &["publication.view"]);
        let of_children = somebody("kim", &["translation.view"]);
        let flow = engine.process_record(id).unwrap().flow.clone();
        assert_eq!((&*flow, &*engine.process_record(child).unwrap().flow), ("publication", "translation"));
        assert_eq!(engine.desk(&of_parent).process(id).unwrap().children.len(), 0);
        assert_eq!(engine.desk(&of_children).process(child).unwrap().parent, None);
    });
}

#[test]
fn a_chart_of_a_flow_is_for_everybody_who_is_active() {
    let Kitchen { engine, .. } = Kitchen::open(Arc::new(MemoryStore::new()));
    let chart = engine.desk(&STRANGER).chart("whole").unwrap();
    let nodes: Vec<_> = chart.nodes.iter().map(|node| (&*node.name, node.mark)).collect();
    assert_eq!(nodes, [("order", "untouched"), ("cook", "untouched"), ("eat", "untouched"), ("end", "untouched")]);
    assert_eq!(chart.edges.iter().map(|edge| (edge.from, edge.to)).collect::<Vec<_>>(), [(0, 1), (1, 2), (2, 3)]);
    assert!(matches!(engine.desk(&STRANGER).chart("nothing"), Err(Error::NoFlow(_))));
    assert!(matches!(engine.desk(&GONE).chart("whole"), Err(Error::NoFlow(_))));
}

/// A kitchen with this number of dishes. Every hundredth is a soup.
fn large(store: Arc<dyn Store>, dishes: usize) -> Engine {
    let engine = Engine::builder(store).flow(DinnerFlow::new()).build().unwrap();
    let names: Vec<String> =
        (1..=dishes).map(|n| format!("{} number {n}", if n % 100 == 0 { "Hot Soup" } else { "Dish" })).collect();
    self::dishes(&engine, &names.iter().map(String::as_str).collect::<Vec<_>>());
    engine
}

#[test]
fn more_choices_than_a_form_lists_are_searched() {
    on_every_store(|store| {
        let engine = large(store, 201);
        let order = DinnerFlow::order.full_name();
        let form = engine.desk(&ANN).start_form(&order).unwrap();
        let dish = form.fields.iter().find(|field| field.name == "dish").unwrap();
        assert!(dish.choices_are_searched && dish.choices.is_none() && dish.picked.is_empty());
        let whole = serde_json::to_value(&form).unwrap();
        assert_eq!(whole["fields"][1]["choices_are_searched"], json!(true));
        assert!(whole.to_string().len() < 3000, "no list of choices");
        // What is filled in has its label.
        let filled = engine.desk(&ANN).fill_in_start(&order, &document(&json!({"dish": 100}))).unwrap();
        let dish = filled.form.fields.iter().find(|field| field.name == "dish").unwrap();
        assert_eq!(
            serde_json::to_value(&dish.picked).unwrap(),
            json!([{"value": 100, "label": "Hot Soup number 100"}])
        );
        assert_eq!(dish.value, json!(100));
        // As many as a form lists are listed.
        engine.transaction(|db| db.table::<Dish>().delete(Id::from_number(201))).unwrap();
        let form = engine.desk(&ANN).start_form(&order).unwrap();
        let dish = form.fields.iter().find(|field| field.name == "dish").unwrap();
        assert_eq!((dish.choices.as_ref().unwrap().len(), dish.choices_are_searched), (200, false));
    });
}

#[test]
fn a_search_for_choices_pages_and_tells_when_it_stopped_early() {
    on_every_store(|store| {
        let engine = large(store, 2500);
        let place = FormPlace::Start(DinnerFlow::order.full_name());
        let desk = engine.desk(&ANN);
        let search = |words: &str, after, limit| desk.choices(&place, "dish", words, after, limit).unwrap();
        let labels =
            |page: &Page<Choice, u64>| page.items.iter().map(|choice| choice.label.clone()).collect::<Vec<_>>();
        // All words, in capital letters or not, in any order.
        let page = search("soup HOT", None, 2);
        assert_eq!(labels(&page), ["Hot Soup number 100", "Hot Soup number 200"]);
        assert_eq!((page.items[0].value.clone(), page.is_cut), (json!(100), false));
        let page = search("soup hot", page.next, 2);
        assert_eq!(labels(&page), ["Hot Soup number 300", "Hot Soup number 400"]);
        // One search looks at a bounded number; the next one goes on from there.
        let page = search("2400", None, 10);
        assert!(page.items.is_empty() && page.is_cut && page.next.is_some());
        let (mut after, mut found, mut calls) = (None, Vec::new(), 0);
        loop {
            let page = search("number 24", after, 10);
            found.extend(labels(&page));
            after = page.next;
            calls += 1;
            if after.is_none() {
                break;
            }
        }
        let expected = (1..=2500).filter(|number: &u32| number.to_string().contains("24")).count();
        assert_eq!(found.len(), expected);
        assert!(calls <= expected / 10 + 4, "{calls}");
        // A page that ends with the last choice is the last page.
        let page = search("", Some(2498), 2);
        assert_eq!((labels(&page).len(), page.next, page.is_cut), (2, None, false));
        assert_eq!(search("", Some(2500), 2).items.len(), 0);
    });
}

#[test]
fn choices_are_searched_wherever_a_field_is_and_whatever_they_are() {
    on_every_store(|store| {
        let Kitchen { engine, task, .. } = Kitchen::open(store);
        let desk = engine.desk(&CHEF);
        let place = FormPlace::Task(task);
        let labels = |path: &str, search: &str| {
            let page = desk.choices(&place, path, search, None, 10).unwrap();
            page.items.into_iter().map(|choice| choice.label).collect::<Vec<_>>()
        };
        assert_eq!(labels("dish", "s"), ["Soup", "Salad"]);
        // References without choices of their own can be any row, and so can the items of a list.
        assert_eq!(labels("beside", "ala"), ["Salad"]);
        assert_eq!(labels("beside.0", "ala"), ["Salad"]);
        assert_eq!(labels("size", "large"), ["A large one"]);
        let search = |path: &str| desk.choices(&place, path, "", None, 10);
        assert_eq!(complaints(search("seats")), ["seats: has nothing to choose from"]);
        assert_eq!(complaints(search("wine")), ["wine: is no field of this form"]);
        assert_eq!(complaints(search("beside.x")), ["beside.x: is no field of this form"]);
        let start = |person: &Somebody, node: &str| {
            let place = FormPlace::Start(NodeName { flow: "whole".to_owned(), node: node.to_owned() });
            engine.desk(person).choices(&place, "dish", "", None, 1).map(|page| page.items.len())
        };
        assert_eq!(start(&STRANGER, "order").unwrap(), 1);
        assert!(matches!(start(&GONE, "order"), Err(Error::Forbidden { .. })));
        assert!(matches!(start(&ANN, "cook"), Err(Error::NoNode { .. })));
        engine.assign(task, &CHEF).unwrap();
        engine.desk(&CHEF).execute(task, &Document::new()).unwrap();
        assert!(matches!(search("dish"), Err(Error::NoNode { .. })), "the form is gone with the task");
    });
}
