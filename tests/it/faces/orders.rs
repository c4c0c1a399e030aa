//! An order: begun by a manager, paid by a message, packed by anybody in sub-processes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use viewflow::Store;
use viewflow::engine::ManualClock;
use viewflow::error::Reply;
use viewflow::prelude::*;

use super::{Face, GONE, Person, STRANGER, document, node, person, reply};
use crate::example::orders::{OrderFlow, ParcelFlow};
use crate::support::{manual, on_every_store};

const KEEPER: Person = person("kim", &["order.manage", "parcel.view"]);
const CASHIER: Person = person("carl", &["paid.send"]);
const VIEWER: Person = person("vera", &["order.view", "parcel.view"]);
const PACKER: Person = person("pat", &[]);
const DAY: Duration = Duration::from_hours(24);

struct Shop {
    engine: Engine,
    clock: Arc<ManualClock>,
}

impl Shop {
    fn open(store: Arc<dyn Store>) -> Self {
        let (builder, clock) = manual(store);
        Self { engine: builder.flow(OrderFlow::new()).flow(ParcelFlow::new()).build().unwrap(), clock }
    }

    fn face<'p>(&self, person: &'p Person) -> Face<'p> {
        Face::of(&self.engine, person)
    }

    fn pass(&self, days: u32) {
        for _ in 0..days {
            self.clock.advance(DAY);
            self.engine.run_pending().unwrap();
        }
    }

    /// The shop keeper enters an order.
    fn order(&self, number: u32) -> ProcessId {
        let keeper = self.face(&KEEPER);
        assert_eq!(keeper.starts(), [""; 0], "code starts it, or a manager in its place");
        keeper.desk.run(&node("order.start"), &document(json!({"number": number}))).unwrap()
    }

    fn pay(&self, number: u32) {
        let paid = document(json!({"order": number, "cents": number * 100}));
        for face in [&KEEPER, &VIEWER, &STRANGER, &GONE].map(|person| self.face(person)) {
            assert_eq!(reply(face.desk.send("paid", &paid)), Reply::NotAllowed);
        }
        self.face(&CASHIER).desk.send("paid", &paid).unwrap();
        self.engine.run_pending().unwrap();
    }

    /// The parcels of an order, in the order in which they were made.
    fn parcels(&self, id: ProcessId) -> Vec<ProcessId> {
        let parcels = self.face(&KEEPER).desk.children(id).page(None, 100).unwrap();
        parcels.items.iter().map(|parcel| parcel.id).collect()
    }

    fn pack(&self, parcel: ProcessId, look: Value) {
        let packer = self.face(&PACKER);
        packer.perform(parcel, "pack", json!({}));
        packer.perform(parcel, "look", look);
    }

    fn log(&self, id: ProcessId) -> Vec<String> {
        serde_json::from_value(self.face(&VIEWER).field(id, "log")).unwrap()
    }
}

#[test]
fn orders_are_shipped_paid_back_and_forgotten_at_the_desks_of_keeper_cashier_and_packer() {
    on_every_store(|store| {
        let shop = Shop::open(store);
        for person in [&CASHIER, &VIEWER, &PACKER, &STRANGER, &GONE] {
            let run = shop.face(person).desk.run(&node("order.start"), &document(json!({"number": 1})));
            assert_eq!(reply(run), Reply::NotAllowed);
        }
        let shipped = shop.order(25);
        shop.pass(8);
        shop.pay(25);
        let parcels = shop.parcels(shipped);
        assert_eq!(parcels.len(), 2);
        for parcel in &parcels {
            shop.pack(*parcel, json!({"Fragile": {}}));
        }
        shop.pass(2);
        let log = shop.log(shipped);
        assert_eq!(log[..4], ["reminded", "2500 cents received", "mind the glass", "mind the glass"]);
        assert!(log.len() == 5 && log[4].starts_with("shipped as order.ship/"), "{log:?}");

        let broken = shop.order(7);
        shop.pay(7);
        shop.pack(shop.parcels(broken)[0], json!({"Broken": {}}));
        assert_eq!(shop.log(broken), ["700 cents received", "paid back"]);
        let states = shop.parcels(broken).into_iter().map(|parcel| shop.face(&VIEWER).state(parcel));
        assert_eq!(states.collect::<Vec<_>>(), ["failed at broken", "canceled"]);

        let forgotten = shop.order(8);
        shop.pass(14);
        assert_eq!(shop.log(forgotten), ["reminded"]);

        let ends = [(shipped, "end"), (broken, "sorry"), (forgotten, "forget")];
        for (id, end) in ends {
            for face in [&KEEPER, &VIEWER].map(|person| shop.face(person)) {
                face.sees(id);
                assert_eq!(face.state(id), format!("done at {end}"));
            }
            for person in [&CASHIER, &PACKER, &STRANGER, &GONE] {
                shop.face(person).sees_nothing_of(id);
            }
        }
        // A packer took part in the parcels, and not in the order.
        for parcel in parcels {
            shop.face(&PACKER).sees(parcel);
            shop.face(&STRANGER).sees_nothing_of(parcel);
        }
    });
}

#[test]
fn a_parcel_that_is_added_while_others_are_packed_is_waited_for() {
    on_every_store(|store| {
        let shop = Shop::open(store);
        let id = shop.order(3);
        shop.pay(3);
        let (keeper, viewer) = (shop.face(&KEEPER), shop.face(&VIEWER));
        let tasks = viewer.desk.tasks_of(id, 0, 100).unwrap().items;
        let host = tasks.iter().find(|task| task.node == "parcels").unwrap().id;
        let add = |face: &Face<'_>, data: Value| face.act(host, json!({"action": "add_child", "data": data}));

        assert!(keeper.may(host, "add_child") && !viewer.may(host, "add_child"));
        let spoon = || json!({"article": "spoon"});
        assert_eq!(reply(add(&viewer, spoon())), Reply::NotAllowed);
        assert_eq!(reply(add(&shop.face(&PACKER), spoon())), Reply::NotThere);
        assert_eq!(reply(add(&shop.face(&GONE), spoon())), Reply::NotAllowed);
        let refused = add(&keeper, json!({"articel": "spoon"})).unwrap_err();
        assert_eq!(refused.reply(), Reply::Complaint);
        assert_eq!(refused.field_errors().unwrap().of("data.articel"), ["is no field of this form"]);
        assert_eq!(shop.parcels(id).len(), 2, "nothing was added");

        let added: ProcessId = serde_json::from_value(add(&keeper, spoon()).unwrap()["process"].clone()).unwrap();
        let parcels = shop.parcels(id);
        assert_eq!((parcels.len(), parcels[2]), (3, added));
        assert_eq!(viewer.field(added, "article"), "spoon");
        assert_eq!(viewer.process(added)["parent"], json!(host.to_string()));
        shop.pack(parcels[0], json!({"Sound": {}}));
        shop.pack(parcels[1], json!({"Sound": {}}));
        shop.pass(1);
        assert_eq!(keeper.state(id), "new", "it waits for the spoon");
        shop.pack(added, json!({"Sound": {}}));
        // The carrier does not answer at first.
        shop.pass(2);
        assert_eq!(keeper.state(id), "done at end");
        assert_eq!(keeper.process(id)["children"].as_array().unwrap().len(), 3);
        assert_eq!(reply(add(&keeper, spoon())), Reply::Stale);

        for parcel in parcels {
            shop.face(&PACKER).sees(parcel);
            shop.face(&CASHIER).sees_nothing_of(parcel);
            shop.face(&GONE).sees_nothing_of(parcel);
        }
        shop.face(&STRANGER).sees_nothing_of(id);
    });
}
