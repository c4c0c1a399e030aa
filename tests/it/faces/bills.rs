//! Bills of departments: permissions on the department that has ordered.

use serde_json::{Value, json};
use viewflow::error::Reply;
use viewflow::prelude::*;

use super::{Face, GONE, Person, STRANGER, document, node, person, reply};
use crate::bills_example::flow::{BillFlow, Clerk, Department};
use crate::bills_example::{ACCOUNTANT, HEAD};
use crate::support::on_every_store;

const VIEWER: Person = person("vera", &["bill.view"]);

#[test]
fn a_bill_is_paid_by_its_department_and_another_department_sees_nothing_of_it() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(BillFlow::new()).build().unwrap();
        let department = |name: &str| {
            let department = Department { id: Id::NEW, name: name.to_owned() };
            engine.transaction(|db| db.table().insert(department.clone())).unwrap()
        };
        let (garage, kitchen) = (department("Garage"), department("Kitchen"));
        let clerk = |name, department, may| Clerk { name, department, may };
        let people = [
            clerk("grace", garage, HEAD),
            clerk("gina", garage, ACCOUNTANT),
            clerk("karl", kitchen, HEAD),
            clerk("kate", kitchen, ACCOUNTANT),
        ];
        let [grace, gina, karl, kate] = people.each_ref().map(|clerk| Face::of(&engine, clerk));
        let (viewer, stranger) = (Face::of(&engine, &VIEWER), Face::of(&engine, &STRANGER));
        let gone = Face::of(&engine, &GONE);

        let bill = json!({"department": 1, "item": "tyres", "quantity": 4});
        for face in [&gina, &karl, &viewer, &stranger, &gone] {
            let refused = face.desk.start(&node("bill.register_bill"), &document(bill.clone()));
            assert_eq!(reply(refused), Reply::NotAllowed);
        }
        let id = grace.start("bill.register_bill", bill);
        let others = [&karl, &kate, &stranger, &gone];
        let step = |face: &Face<'_>, node: &str, form: Value| {
            assert_eq!(face.queue(), [node]);
            for other in others {
                other.sees_nothing_of(id);
            }
            let task = face.task(id, node).id;
            assert_eq!(reply(viewer.act(task, json!({"action": "assign"}))), Reply::NotAllowed);
            face.perform(id, node, form);
        };
        step(&gina, "accept_bill", json!({"Accept": {}}));
        step(&grace, "sign_bill", json!({"Sign": {}}));
        step(&gina, "validate_bill", json!({"Again": {}}));
        step(&gina, "accept_bill", json!({"Accept": {}}));
        step(&grace, "sign_bill", json!({"Sign": {}}));
        step(&gina, "validate_bill", json!({"Valid": {}}));
        step(&gina, "set_bill_paydate", json!({"payment_date": "2026-03-31"}));
        step(&gina, "pay_bill", json!({}));

        for face in [&grace, &gina, &viewer] {
            face.sees(id);
            assert_eq!(face.state(id), "done at bill_paid");
            assert_eq!(face.process(id)["artifact"]["text"], "tyres");
        }
        for other in others {
            other.sees_nothing_of(id);
        }
        let ovens = karl.start("bill.register_bill", json!({"department": 2, "item": "ovens", "quantity": 1}));
        kate.perform(ovens, "accept_bill", json!({"Refuse": {"mistake": "no such oven"}}));
        assert_eq!(kate.state(ovens), "done at incorrect_bill");
        grace.sees_nothing_of(ovens);
        gina.sees_nothing_of(ovens);
    });
}
