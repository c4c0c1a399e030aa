//! The description that every user interface draws a form from: one for each field, at every depth.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use viewflow::form::FormSpec;
use viewflow::nodes::Node;
use viewflow::prelude::*;
use viewflow::{Document, NodeName, User};

use crate::support::{complaints, on_every_store, open_task, user};

#[derive(Entity, Clone, Debug)]
#[entity(table = "described_room", label = name)]
pub struct Room {
    #[id]
    pub id: Id<Room>,
    pub name: String,
    #[field(index)]
    pub keeper: String,
}

#[derive(Embedded, Clone, Debug)]
pub struct Stay {
    /// A room of your own.
    #[field(choices = |db, user| db.table::<Room>().by(Room::BY_KEEPER, user.id().as_str().to_owned()))]
    pub room: Ref<Room>,
    #[field(default = 1, max = 30)]
    pub nights: u8,
}

#[derive(Embedded, Clone, Debug)]
pub struct Part {
    pub name: String,
    pub parts: Vec<Part>,
}

#[derive(Choices, Clone, Copy, Debug, PartialEq)]
pub enum Meal {
    None,
    #[choice(label = "Breakfast only")]
    Breakfast,
}

#[derive(Form, Clone, Debug)]
pub struct Travel {
    #[field(label = "Who goes", max_length = 20, pattern = "[a-z ]+")]
    pub who: String,
    pub meal: Option<Meal>,
    pub stay: Option<Stay>,
    pub others: Vec<Stay>,
    pub by_city: BTreeMap<String, Stay>,
    pub notes: Vec<Option<String>>,
    #[field(choices = [1, 2])]
    pub ways: Vec<u8>,
    pub luggage: Option<Part>,
}

#[derive(Process, Clone, Debug)]
pub struct TravelProcess {
    pub stay: Option<Stay>,
}

#[derive(Flow)]
#[flow(process = TravelProcess)]
pub struct TravelFlow {
    #[form(Travel)]
    #[submit(Self::begin)]
    #[next(check)]
    start: Start,

    #[fields(stay)]
    #[next(end)]
    check: View,

    end: End,
}

impl TravelFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, form: Travel) -> Result<()> {
        a.process.stay = form.stay;
        Ok(())
    }
}

struct Desk {
    engine: Engine,
    blue: u64,
    red: u64,
}

/// Ann keeps the blue room, and Bob the red one.
fn at_a_desk(test: impl Fn(Desk)) {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(TravelFlow::new()).build().unwrap();
        let [blue, red] = [("Blue", "ann"), ("Red", "bob")].map(|(name, keeper)| {
            let room = Room { id: Id::NEW, name: name.to_owned(), keeper: keeper.to_owned() };
            engine.transaction(|db| db.table().insert(room.clone())).unwrap().id().number()
        });
        test(Desk { engine, blue, red });
    });
}

fn start() -> NodeName {
    TravelFlow::start.full_name()
}

fn sent(value: Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn described(desk: &Desk, by: &impl User) -> FormSpec {
    desk.engine.desk(by).start_form(&start()).unwrap()
}

#[test]
fn a_description_has_names_that_stay() {
    at_a_desk(|desk| {
        let room = |value: Value| {
            json!({"name": "room", "label": "Room", "help": "A room of your own.", "kind": "reference", "table": "described_room",
                "required": true, "min": 1, "choices": [{"value": desk.blue, "label": "Blue"}], "value": value})
        };
        let nights = |value: u8| json!({"name": "nights", "label": "Nights", "kind": "integer", "required": false, "min": 0, "max": 30, "value": value});
        let stay = json!([room(json!(null)), nights(1)]);
        let name = json!({"name": "name", "label": "Name", "kind": "text", "required": true, "value": null});
        let part = json!({"kind": "object", "required": true, "repeats": 1, "value": null});
        let parts =
            json!({"name": "parts", "label": "Parts", "kind": "list", "required": true, "items": part, "value": null});
        let expected = json!({
            "version": 1,
            "title": "Start",
            "fields": [
                {"name": "who", "label": "Who goes", "kind": "text", "required": true, "max_length": 20, "pattern": "[a-z ]+",
                    "value": null},
                {"name": "meal", "label": "Meal", "kind": "choice", "required": false, "value": null, "choices": [
                    {"value": "none", "label": "None"}, {"value": "breakfast", "label": "Breakfast only"}
                ]},
                {"name": "stay", "label": "Stay", "kind": "object", "required": false, "fields": stay, "value": null},
                {"name": "others", "label": "Others", "kind": "list", "required": true, "value": null,
                    "items": {"kind": "object", "required": true, "fields": stay, "value": null}},
                {"name": "by_city", "label": "By city", "kind": "map", "required": true, "value": null,
                    "values": {"kind": "object", "required": true, "fields": stay, "value": null}},
                {"name": "notes", "label": "Notes", "kind": "list", "required": true, "value": null,
                    "items": {"kind": "text", "required": false, "value": null}},
                {"name": "ways", "label": "Ways", "kind": "list", "required": true, "value": null,
                    "items": {"kind": "integer", "required": true, "min": 0, "max": 255, "value": null, "choices": [
                        {"value": 1, "label": "1"}, {"value": 2, "label": "2"}
                    ]}},
                {"name": "luggage", "label": "Luggage", "kind": "object", "required": false, "value": null,
                    "fields": [name, parts]},
            ]
        });
        assert_eq!(serde_json::to_value(described(&desk, &user("ann"))).unwrap(), expected);

        // The existing value is shown at its field, too.
        let whole = json!({"who": "ann", "stay": {"room": desk.blue, "nights": 3}, "others": [], "by_city": {}, "notes": [], "ways": []});
        let id = desk.engine.desk(&user("ann")).start(&start(), &sent(whole)).unwrap();
        let check = open_task(&desk.engine, TravelFlow::check, id).id;
        let form = desk.engine.desk(&user("ann")).form(check).unwrap();
        let fields = json!([room(json!(desk.blue)), nights(3)]);
        assert_eq!(serde_json::to_value(&form.fields[0].fields).unwrap(), fields);
    });
}

#[test]
fn choices_from_tables_hold_at_every_depth() {
    at_a_desk(|desk| {
        let (blue, red) = (desk.blue, desk.red);
        let travel = |room: u64| {
            let stay = json!({"room": room});
            sent(
                json!({"who": "ann", "stay": stay, "others": [{"room": blue}, stay], "by_city": {"Rome": stay}, "notes": [], "ways": []}),
            )
        };
        let begun = |by: &str, room: u64| desk.engine.desk(&user(by)).start(&start(), &travel(room));
        let no = format!("cannot be {red}: it is none of the choices");
        let all = ["by_city.Rome.room", "others.1.room", "stay.room"];
        assert_eq!(complaints(begun("ann", red)), all.map(|path| format!("{path}: {no}")));
        let id = begun("ann", blue).unwrap();

        // Bob could not choose the blue room, and leaves it unchanged.
        let check = open_task(&desk.engine, TravelFlow::check, id).id;
        desk.engine.assign(check, &user("bob")).unwrap();
        let change = |stay: Value| desk.engine.desk(&user("bob")).execute(check, &sent(json!({"stay": stay})));
        assert_eq!(
            complaints(change(json!({"room": blue}))),
            [format!("stay.room: cannot be {blue}: it is none of the choices")]
        );
        change(json!({"nights": 2})).unwrap();
        let stay = desk.engine.process::<TravelFlow>(id).unwrap().stay.clone().unwrap();
        assert_eq!((stay.room.id().number(), stay.nights), (blue, 2));
    });
}
