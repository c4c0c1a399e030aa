//! A shipment: two teams at once, and an agent.

use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;
use viewflow::error::Reply;

use super::{Face, GONE, Person, STRANGER, document, node, person, reply};
use crate::shipment_example::flow::ShipmentFlow;
use crate::shipment_example::story::{AGENT, CLERK, PACKER};
use crate::support::{manual, on_every_store};

const MANAGER: Person = person("mona", &["shipment.manage"]);

#[test]
fn a_shipment_is_labeled_insured_and_packed_by_three_people_who_see_their_own_work() {
    on_every_store(|store| {
        let (mail, letters) = mpsc::channel();
        let (builder, clock) = manual(store);
        let engine = builder.flow(ShipmentFlow::new(mail)).build().unwrap();
        let (clara, paul) = (Face::of(&engine, &CLERK), Face::of(&engine, &PACKER));
        let (ines, manager) = (Face::of(&engine, &AGENT), Face::of(&engine, &MANAGER));
        let (stranger, gone) = (Face::of(&engine, &STRANGER), Face::of(&engine, &GONE));

        let form = json!({
            "customer": {"name": "Ada", "address": "Hill 1, Ulm"},
            "items": [{"name": "cup", "quantity": 2}],
        });
        for face in [&paul, &ines, &manager, &stranger, &gone] {
            assert_eq!(face.starts(), [""; 0]);
            assert_eq!(reply(face.desk.start(&node("shipment.start"), &document(form.clone()))), Reply::NotAllowed);
        }
        let mut wrong = form.clone();
        wrong["items"][0]["quantity"] = json!(0);
        let refused = clara.desk.start(&node("shipment.start"), &document(wrong)).unwrap_err();
        assert_eq!(refused.field_errors().unwrap().of("items.0.quantity"), ["must be at least 1"]);
        let id = clara.start("shipment.start", form);

        // Nobody has chosen a carrier for a day.
        clock.advance(Duration::from_hours(24));
        engine.run_pending().unwrap();
        assert_eq!(letters.try_iter().collect::<Vec<_>>(), ["the shipment to Ada has no carrier yet"]);

        assert_eq!((clara.inbox(), clara.queue()), (vec!["shipment_type".to_owned()], vec![]));
        assert_eq!((paul.queue(), ines.queue()), (vec!["package_goods".to_owned()], vec![]));
        let choice = clara.task(id, "shipment_type").id;
        assert_eq!(reply(paul.act(choice, json!({"action": "assign"}))), Reply::NotThere);
        assert_eq!(reply(manager.desk.execute(choice, &document(json!({"Post": {}})))), Reply::NotAllowed);
        ines.sees_nothing_of(id);
        clara.perform(id, "shipment_type", json!({"Post": {}}));
        clara.perform(id, "check_insurance", json!({"need_insurance": true}));
        assert_eq!(
            (clara.inbox(), ines.queue()),
            (vec!["fill_post_label".to_owned()], vec!["take_extra_insurance".to_owned()])
        );
        clara.perform(id, "fill_post_label", json!({"post_label": "RR 1"}));
        paul.perform(id, "package_goods", json!({}));
        assert_eq!(paul.inbox(), [""; 0], "it waits for the insurance");
        ines.perform(id, "take_extra_insurance", json!({"company": "Lloyd", "cents": 250}));
        assert_eq!(paul.inbox(), ["move_package"], "the person that packed the parcel knows where it is");
        assert_eq!(manager.state(id), "new");
        clock.advance(Duration::from_mins(1));
        paul.perform(id, "move_package", json!({}));

        for face in [&clara, &paul, &ines, &manager] {
            face.sees(id);
            assert_eq!(face.state(id), "done at end");
        }
        stranger.sees_nothing_of(id);
        gone.sees_nothing_of(id);
        assert_eq!(paul.archive(), ["move_package", "package_goods"], "newest first");
        assert_eq!(ines.archive(), ["take_extra_insurance"]);
    });
}
