//! A form offers what that person may choose, and begins with the right values. Some fields begin empty.

use serde_json::{Value, json};
use viewflow::form::FormSpec;
use viewflow::nodes::Node;
use viewflow::people::Object;
use viewflow::prelude::*;
use viewflow::{Document, User};

use crate::support::{boss, complaints, events, on_every_store, open_task, user};

#[derive(Entity, Clone, Debug)]
#[entity(label = name, table = "offered_room")]
pub struct Room {
    #[id]
    pub id: Id<Room>,
    #[field(unique)]
    pub name: String,
    #[field(index)]
    pub keeper: String,
}

/// A person that may have the rooms for sale, and their own.
struct Buyer {
    name: &'static str,
    buys: bool,
}

impl User for Buyer {
    fn id(&self) -> UserId {
        user(self.name)
    }

    fn has_permission(&self, permission: &str, _: Option<&Object>) -> bool {
        permission == "rooms.buy" && self.buys
    }
}

#[derive(Form, Clone, Debug)]
pub struct Book {
    #[field(choices = |db, user| {
        let keeper = user.id().as_str().to_owned();
        db.table::<Room>().filter(move |room| room.keeper == keeper)
    })]
    pub room: Ref<Room>,
    #[field(choices = |_, user| if user.has_permission("rooms.buy", None) { vec!["rent", "buy"] } else { vec!["rent"] })]
    pub how: Option<String>,
}

#[derive(Process, Clone, Debug)]
pub struct Booking {
    #[field(column, choices = |db, user| db.table::<Room>().by(Room::BY_KEEPER, user.id().as_str().to_owned()))]
    pub room: Option<Ref<Room>>,
    pub done: bool,
}

#[derive(Flow)]
#[flow(process = Booking)]
pub struct BookingFlow {
    #[form(Book)]
    #[submit(Self::book)]
    #[next(change)]
    start: Start,
    #[fields(room, done)]
    #[next(end)]
    change: View,
    end: End,
}

impl BookingFlow {
    fn book(&self, a: &mut Activation<Self, ()>, form: Book) -> Result<()> {
        a.process.room = Some(form.room);
        Ok(())
    }
}

fn sent(value: &Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn offered(form: &FormSpec, field: usize) -> Vec<&str> {
    form.fields[field].offered().into_iter().flatten().map(|choice| choice.label.as_str()).collect()
}

fn rooms(engine: &Engine) -> [Ref<Room>; 2] {
    [("Blue", "ann"), ("Red", "bob")].map(|(name, keeper)| {
        let room = Room { id: Id::NEW, name: name.to_owned(), keeper: keeper.to_owned() };
        engine.transaction(|db| db.table().insert(room.clone())).unwrap()
    })
}

#[test]
fn a_form_offers_what_that_person_may_choose_and_takes_nothing_else() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(BookingFlow::new()).build().unwrap();
        let [blue, red] = rooms(&engine);
        let start = BookingFlow::start.full_name();
        let (ann, bob) = (Buyer { name: "ann", buys: true }, Buyer { name: "bob", buys: false });
        let (for_ann, for_bob) =
            (engine.desk(&ann).start_form(&start).unwrap(), engine.desk(&bob).start_form(&start).unwrap());
        assert_eq!((offered(&for_ann, 0), offered(&for_ann, 1)), (vec!["Blue"], vec!["rent", "buy"]));
        assert_eq!((offered(&for_bob, 0), offered(&for_bob, 1)), (vec!["Red"], vec!["rent"]));
        let blue_to_buy = sent(&json!({"room": blue.id().number(), "how": "buy"}));
        let refused = ["how: cannot be buy: it is none of the choices", "room: cannot be 1: it is none of the choices"];
        assert_eq!(complaints(engine.desk(&bob).start(&start, &blue_to_buy)), refused);
        let form = Book { room: blue, how: Some("buy".to_owned()) };
        assert_eq!(complaints(engine.start(BookingFlow::start, &bob, form)), refused, "from code, too");
        let id = engine.desk(&ann).start(&start, &blue_to_buy).unwrap();

        // Bob keeps another room than the booked one. The form does not offer the booked one, but accepts it
        // unchanged.
        let task = open_task(&engine, BookingFlow::change, id).id;
        engine.assign(task, &bob).unwrap();
        assert_eq!(offered(&engine.desk(&bob).form(task).unwrap(), 0), ["Red"]);
        // Ann may take such tasks: while nobody has this one she sees what she could choose.
        engine.unassign(task, &bob).unwrap();
        assert_eq!(offered(&engine.desk(&ann).form(task).unwrap(), 0), ["Blue"]);
        engine.assign(task, &bob).unwrap();
        assert!(matches!(engine.desk(&ann).form(task), Err(Error::NoTask(_))));
        let again = sent(&json!({"room": blue.id().number(), "done": true}));
        assert_eq!(
            complaints(engine.desk(&bob).execute(task, &again)),
            ["room: cannot be 1: it is none of the choices"]
        );
        engine.desk(&bob).draft(task, &sent(&json!({"room": 77}))).unwrap();
        let told = complaints(engine.desk(&bob).execute(task, &sent(&json!({"done": true}))));
        assert_eq!(told, ["room: cannot be 77: it is none of the choices"], "a drafted value is checked against them");
        engine.desk(&bob).draft(task, &sent(&json!({"room": blue.id().number()}))).unwrap();
        engine.desk(&bob).execute(task, &sent(&json!({"done": true}))).unwrap();
        assert_eq!(engine.process::<BookingFlow>(id).unwrap().room, Some(blue));
        assert_ne!(blue, red);
    });
}

// ---- values that a form begins without

#[derive(Process, Clone, Debug)]
pub struct Leave {
    pub approved: bool,
    pub why: Option<String>,
    #[field(default = 3, max = 9)]
    pub days: u8,
}

#[derive(Flow)]
#[flow(process = Leave)]
pub struct LeaveFlow {
    #[next(lead)]
    start: StartHandle,
    #[fields(approved, why, days)]
    #[next(hr)]
    lead: View,
    #[fields(approved = empty, why = empty, days = empty, as = Decision)]
    #[next(end)]
    hr: View,
    end: End,
}

#[test]
fn a_decision_begins_empty_where_the_form_says_so_and_has_to_be_sent() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(LeaveFlow::new()).build().unwrap();
        let ann = user("ann");
        let id = engine.run(LeaveFlow::start, ()).unwrap().id;
        let lead = engine.open_task(LeaveFlow::lead, id).unwrap().assign(&ann).unwrap();
        lead.execute(&ann, LeadFields { approved: true, why: Some("well done".into()), days: 5 }).unwrap();
        let hr = engine.open_task(LeaveFlow::hr, id).unwrap().assign(&ann).unwrap();
        let shown = || -> Value {
            let form = engine.desk(&ann).form(hr.id()).unwrap();
            form.fields.into_iter().map(|field| (field.name.to_owned(), field.value)).collect()
        };
        assert_eq!(shown(), json!({"approved": null, "why": null, "days": null}));
        let execute = |form: Value| engine.desk(&ann).execute(hr.id(), &sent(&form));
        assert_eq!(complaints(execute(json!({}))), ["approved: is required", "days: is required"]);
        hr.draft(&ann, &sent(&json!({"days": 2}))).unwrap();
        assert_eq!(shown(), json!({"approved": null, "why": null, "days": 2}), "what was drafted is there again");
        assert_eq!(complaints(execute(json!({}))), ["approved: is required"]);
        execute(json!({"approved": false})).unwrap();
        let leave = engine.process::<LeaveFlow>(id).unwrap();
        assert_eq!((leave.approved, leave.why.as_deref(), leave.days), (false, None, 2));
        let _ = Decision { approved: true, why: None, days: 1 };
    });
}

// ---- values that a form begins with

#[derive(Process, Clone, Debug)]
pub struct Item {
    pub title: String,
    #[field(default = 1, min = 1)]
    pub pieces: u32,
    #[field(default = "red")]
    pub colour: String,
    pub remark: Option<String>,
    #[field(default = vec!["new".to_owned()], column, index)]
    pub marks: Vec<String>,
}

#[derive(Task, Clone, Debug)]
pub struct Packing {
    #[field(default = 2)]
    pub times: u8,
    pub by: Option<String>,
}

#[derive(Flow)]
#[flow(process = Item)]
pub struct ItemFlow {
    #[next(pack, task_data = |_a| Packing { by: Some("ann".into()), ..Packing::initial() })]
    start: StartHandle,
    #[next(end)]
    pack: View<Packing>,
    end: End,
}

#[derive(Flow)]
pub struct CratesFlow {
    #[next(item)]
    start: StartHandle,
    #[child(ItemFlow::start, process_data = |_a| Item { title: "cup".into(), ..Item::initial() })]
    #[next(bad)]
    item: Subprocess,
    #[child(ItemFlow::start, process_data = |_a| Item { pieces: 0, ..Item::default() })]
    #[next(end)]
    bad: Subprocess,
    end: End,
}

#[test]
fn what_code_leaves_out_is_what_a_process_or_task_begins_with() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(ItemFlow::new()).flow(CratesFlow::new()).build().unwrap();
        let plain = engine.run(ItemFlow::start, ()).unwrap();
        assert_eq!(format!("{:?}", Item::initial()), format!("{:?}", *plain));
        assert_eq!(format!("{:?}", Item::default()), format!("{:?}", *plain));
        let task = open_task(&engine, ItemFlow::pack, plain.id).data;
        assert_eq!(Value::Object(task), json!({"times": 2, "by": "ann"}));

        let id = engine.run(CratesFlow::start, ()).unwrap().id;
        let item = engine.processes::<ItemFlow>().list().unwrap().pop().unwrap();
        let cup = Item { title: "cup".into(), ..Item::initial() };
        assert_eq!(format!("{:?}", *item), format!("{cup:?}"));
        let by_mark = engine.processes::<ItemFlow>().by(Item::BY_MARKS, "new".to_owned()).unwrap();
        assert_eq!(by_mark.len(), 2, "found by their columns");

        let pack = open_task(&engine, ItemFlow::pack, item.id).id;
        engine.assign(pack, &user("ann")).unwrap();
        let error = engine.desk(&user("ann")).execute(pack, &Document::new()).unwrap_err();
        assert!(error.to_string().contains("new process of flow `item`: `pieces` must be at least 1"), "{error}");
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::New);
    });
}

// ---- tasks that are not for people

#[derive(Process, Clone, Debug)]
pub struct Payment {
    #[field(column, index)]
    pub number: u32,
    pub text: String,
}

#[derive(Flow)]
#[flow(process = Payment)]
pub struct PayFlow {
    #[fields(number, text)]
    #[next(bank)]
    start: Start,
    #[input(u32)]
    #[call(Self::paid)]
    #[next(end)]
    bank: Handle,
    end: End,
}

impl PayFlow {
    fn paid(&self, _: &mut Activation<Self, ()>, _: u32) -> Result<()> {
        Ok(())
    }
}

#[test]
fn a_person_who_does_a_task_of_the_program_is_told_what_it_is() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(PayFlow::new()).build().unwrap();
        let form = StartFields { number: 7, text: "x".into() };
        let id = engine.start(PayFlow::start, &user("ann"), form).unwrap().id;
        let task = engine.open_task(PayFlow::bank, id).unwrap();
        let before = events(&engine, id);
        let told = |result: Result<()>| result.unwrap_err().to_string();
        let place = format!("`pay.bank` of process {id} (task {}): cannot", task.id());
        let instead =
            "a `Handle`: the program does it, with `engine.task(node, id)?.run(..)`, or a manager by the command `run`";
        let error = told(engine.desk(&boss()).execute(task.id(), &Document::new()));
        assert_eq!(error, format!("{place} execute {instead}"));
        assert_eq!(told(engine.assign(task.id(), &boss())), format!("{place} assign {instead}"));
        assert_eq!(told(engine.desk(&boss()).draft(task.id(), &Document::new())), format!("{place} draft {instead}"));
        assert_eq!(events(&engine, id), before);
        task.run(5).unwrap();
    });
}

#[test]
fn a_face_that_knows_no_types_sees_all_fields() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(PayFlow::new()).build().unwrap();
        let form = StartFields { number: 7, text: "x".into() };
        let id = engine.start(PayFlow::start, &user("ann"), form).unwrap().id;
        let data = Value::Object(engine.process_record(id).unwrap().data);
        assert_eq!(data, json!({"number": 7, "text": "x"}));
    });
}
