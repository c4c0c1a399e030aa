//! The example `shipment`: both carriers, with and without insurance, in any order of work.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use viewflow::engine::ManualClock;
use viewflow::lifecycle::Action;
use viewflow::nodes::{Node, ViewNode};
use viewflow::prelude::*;
use viewflow::{Form, Store};

use crate::shipment_example::flow::*;
use crate::shipment_example::story::{AGENT, CLERK, PACKER, story};
use crate::support::{manual, on_every_store, open_tasks};

const DAY: Duration = Duration::from_hours(24);

/// Another clerk with the same rights.
const COLLEAGUE: Worker = Worker { name: "carl", may: CLERK.may };

struct Shop {
    engine: Engine,
    clock: Arc<ManualClock>,
    letters: Receiver<String>,
    express: Ref<Carrier>,
}

impl Shop {
    fn open(store: Arc<dyn Store>) -> Self {
        let (mail, letters) = mpsc::channel();
        let (builder, clock) = manual(store);
        let engine = builder.flow(ShipmentFlow::new(mail)).build().unwrap();
        let express = Carrier { id: Id::NEW, name: "Express".to_owned() };
        let express = engine.transaction(|db| db.table().insert(express.clone())).unwrap();
        Self { engine, clock, letters, express }
    }

    fn register(&self) -> ProcessId {
        let customer = Customer { name: "Ada".to_owned(), address: "Hill 1, Ulm".to_owned() };
        let items = vec![Item { name: "cup".to_owned(), quantity: 2 }];
        self.engine.start(ShipmentFlow::start, &CLERK, RegisterShipment { customer, items }).unwrap().id
    }

    fn perform<Fm: Form>(
        &self,
        node: ViewNode<ShipmentFlow, (), Fm>,
        id: ProcessId,
        user: &Worker,
        form: Fm,
    ) -> Result<()> {
        self.engine.open_task(node, id)?.assign(user)?.execute(user, form)
    }

    fn pack(&self, id: ProcessId) {
        self.perform(ShipmentFlow::package_goods, id, &PACKER, ()).unwrap();
    }

    fn choose(&self, id: ProcessId, by: ShipBy) {
        self.perform(ShipmentFlow::shipment_type, id, &CLERK, by).unwrap();
    }

    fn with_express(&self) -> ShipBy {
        ShipBy::Carrier { carrier: self.express }
    }

    /// The way of a shipment by post, up to its label.
    fn by_post(&self, id: ProcessId, need_insurance: bool) {
        self.choose(id, ShipBy::Post);
        self.perform(ShipmentFlow::check_insurance, id, &CLERK, CheckInsurance { need_insurance }).unwrap();
    }

    fn label(&self, id: ProcessId) {
        let form = FillPostLabel { post_label: "RR 1".to_owned() };
        self.perform(ShipmentFlow::fill_post_label, id, &CLERK, form).unwrap();
    }

    fn insure(&self, id: ProcessId) {
        let form = TakeInsurance { company: "Lloyd".to_owned(), cents: 250 };
        self.perform(ShipmentFlow::take_extra_insurance, id, &AGENT, form).unwrap();
    }

    fn by_express(&self, id: ProcessId) {
        self.choose(id, self.with_express());
        self.perform(ShipmentFlow::request_quotes, id, &CLERK, EnterQuote { cents: 1290 }).unwrap();
    }

    fn is_open<N: Node>(&self, node: N, id: ProcessId) -> bool {
        !open_tasks(&self.engine, node, id).is_empty()
    }

    /// Moves the package, and asserts that this finishes the process.
    fn move_package(&self, id: ProcessId, tasks: usize) -> Shipment {
        self.perform(ShipmentFlow::move_package, id, &PACKER, ()).unwrap();
        let process = self.engine.process::<ShipmentFlow>(id).unwrap();
        assert_eq!(process.status, ProcessStatus::Done);
        let made = self.engine.tasks(id, 0, usize::MAX).unwrap();
        assert!(made.iter().all(|task| task.status == TaskStatus::Done));
        assert_eq!(made.len(), tasks, "{:?}", made.iter().map(|task| &task.node).collect::<Vec<_>>());
        self.engine.transaction(|db| db.load(process.artifact)).unwrap()
    }
}

#[test]
fn by_post_without_insurance_there_is_a_label_and_no_quote() {
    on_every_store(|store| {
        let shop = Shop::open(store);
        let id = shop.register();
        shop.by_post(id, false);
        assert!(!shop.is_open(ShipmentFlow::take_extra_insurance, id));
        shop.label(id);
        assert!(!shop.is_open(ShipmentFlow::move_package, id), "the goods are not packed");
        shop.pack(id);
        let shipment = shop.move_package(id, 11);
        assert_eq!((shipment.carrier, shipment.post_label.as_deref()), (None, Some("RR 1")));
        assert_eq!((shipment.quote, shipment.insurance), (None, None));
    });
}

#[test]
fn by_post_with_insurance_both_are_waited_for_in_whatever_order() {
    for order in 0..6 {
        on_every_store(|store| {
            let shop = Shop::open(store);
            let id = shop.register();
            shop.by_post(id, true);
            let mut steps: [fn(&Shop, ProcessId); 3] = [Shop::label, Shop::insure, Shop::pack];
            steps.rotate_left(order % 3);
            if order >= 3 {
                steps.swap(1, 2);
            }
            for step in steps {
                assert!(!shop.is_open(ShipmentFlow::move_package, id), "order {order}");
                step(&shop, id);
            }
            let shipment = shop.move_package(id, 12);
            let insurance = shop.engine.transaction(|db| db.load(shipment.insurance)).unwrap();
            assert_eq!((insurance.company.as_str(), insurance.cents), ("Lloyd", 250));
        });
    }
}

#[test]
fn a_carrier_is_asked_for_a_quote_before_or_after_the_goods_are_packed() {
    for packed_first in [true, false] {
        on_every_store(|store| {
            let shop = Shop::open(store);
            let id = shop.register();
            let (first, second): (fn(&Shop, ProcessId), fn(&Shop, ProcessId)) =
                if packed_first { (Shop::pack, Shop::by_express) } else { (Shop::by_express, Shop::pack) };
            first(&shop, id);
            assert!(!shop.is_open(ShipmentFlow::move_package, id));
            second(&shop, id);
            let shipment = shop.move_package(id, 8);
            assert_eq!((shipment.carrier, shipment.quote), (Some(shop.express), Some(1290)));
            assert_eq!(shipment.post_label, None);
        });
    }
}

#[test]
fn after_a_day_without_a_carrier_the_clerk_is_reminded_once_and_keeps_his_task() {
    on_every_store(|store| {
        let shop = Shop::open(store);
        let (late, early) = (shop.register(), shop.register());
        shop.choose(early, shop.with_express());
        shop.pack(late);
        shop.clock.advance(Duration::from_millis(24 * 60 * 60 * 1000 - 1));
        shop.engine.run_pending().unwrap();
        assert!(shop.letters.try_recv().is_err());
        for _ in 0..3 {
            shop.clock.advance(DAY);
            shop.engine.run_pending().unwrap();
        }
        assert_eq!(shop.letters.try_iter().collect::<Vec<_>>(), ["the shipment to Ada has no carrier yet"]);
        let inbox = shop.engine.inbox(&CLERK).of(ShipmentFlow::shipment_type).list().unwrap();
        assert_eq!(inbox.iter().map(|task| task.id.process).collect::<Vec<_>>(), [late]);
        shop.by_express(late);
        // The same tasks as without the reminder, and the reminder with its end.
        shop.move_package(late, 10);
    });
}

#[test]
fn who_registers_a_shipment_sees_to_it_and_who_packs_it_moves_it() {
    on_every_store(|store| {
        let shop = Shop::open(store);
        let id = shop.register();
        let owner = |node: &str| {
            let tasks = shop.engine.tasks(id, 0, usize::MAX).unwrap();
            tasks.into_iter().find(|task| task.node == node).unwrap().owner
        };
        assert_eq!(owner("shipment_type"), Some(CLERK.id()));
        let colleague = shop.engine.open_task(ShipmentFlow::shipment_type, id).unwrap().assign(&COLLEAGUE).unwrap_err();
        assert!(matches!(colleague, Error::NotOwner { action: Action::Assign, .. }), "{colleague}");
        shop.by_post(id, true);
        assert_eq!(owner("check_insurance"), Some(CLERK.id()));
        assert_eq!(owner("fill_post_label"), Some(CLERK.id()));
        assert_eq!((owner("take_extra_insurance"), owner("package_goods")), (None, None));
        shop.label(id);
        shop.insure(id);
        shop.pack(id);
        assert_eq!(owner("move_package"), Some(PACKER.id()));
    });
}

#[test]
fn the_warehouse_and_the_insurance_agent_see_their_own_work_and_nobody_else_s() {
    on_every_store(|store| {
        let shop = Shop::open(store);
        let id = shop.register();
        shop.by_post(id, true);
        let queue = |user: &Worker| -> Vec<String> {
            shop.engine.queue(user).list().unwrap().into_iter().map(|task| task.node).collect()
        };
        assert_eq!(queue(&PACKER), ["package_goods"]);
        assert_eq!(queue(&AGENT), ["take_extra_insurance"]);
        assert!(queue(&CLERK).is_empty(), "an assigned task is in the inbox");
        let refused = shop.perform(ShipmentFlow::package_goods, id, &AGENT, ()).unwrap_err();
        assert!(matches!(refused, Error::Forbidden { .. }), "{refused}");
        assert!(refused.to_string().contains("`shipment.package_goods`"), "{refused}");
        let customer = Customer { name: "Eve".to_owned(), address: "Hill 2, Ulm".to_owned() };
        let form = RegisterShipment { customer, items: Vec::new() };
        let refused = shop.engine.start(ShipmentFlow::start, &PACKER, form).unwrap_err();
        assert!(matches!(refused, Error::Forbidden { action: Action::Start, .. }), "{refused}");
        let shipments = shop.engine.transaction(|db| db.table::<Shipment>().all().count()).unwrap();
        assert_eq!(shipments, 1, "nothing is left of a start that was refused");
    });
}

#[test]
fn the_story_of_the_shipments_is_told() {
    assert_eq!(
        story().unwrap(),
        [
            "mail: the shipment to Ada has no carrier yet",
            "the shipment to Ada is done: by Post, insured by Lloyd",
            "the shipment to Bob is done: by Express, not insured",
        ]
    );
}
