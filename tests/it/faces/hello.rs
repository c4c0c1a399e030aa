//! The flow to begin with: employees write, managers approve.

use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;
use viewflow::error::Reply;

use super::{Face, GONE, Person, STRANGER, node, person, reply};
use crate::hello_example::{EMPLOYEE, HelloFlow, MANAGER};
use crate::support::{manual, on_every_store};

const VIEWER: Person = person("vera", &["hello.view"]);

#[test]
fn a_message_is_approved_rejected_or_escalated_and_each_person_sees_their_part() {
    on_every_store(|store| {
        let (world, heard) = mpsc::channel();
        let (builder, clock) = manual(store);
        let engine = builder.flow(HelloFlow::new(world)).build().unwrap();
        let (emma, max) = (Face::of(&engine, &EMPLOYEE), Face::of(&engine, &MANAGER));
        let (viewer, stranger) = (Face::of(&engine, &VIEWER), Face::of(&engine, &STRANGER));
        let gone = Face::of(&engine, &GONE);

        assert_eq!(emma.starts(), ["hello.start"]);
        for face in [&max, &viewer, &stranger, &gone] {
            assert_eq!(face.starts(), [""; 0]);
            let form = super::document(json!({"text": "Me, too"}));
            assert_eq!(reply(face.desk.start(&node("hello.start"), &form)), Reply::NotAllowed);
        }
        let ids = ["Hello", "Buy now!", "Anybody there?"].map(|text| emma.start("hello.start", json!({"text": text})));
        assert_eq!(max.queue(), ["approve"; 3]);
        for face in [&emma, &viewer, &stranger, &gone] {
            assert_eq!(face.queue(), [""; 0]);
        }
        // A manager sees the task, and the process only after taking it.
        // An employee sees the process, and not the task.
        let task = max.task(ids[0], "approve").id;
        assert_eq!(reply(max.desk.process(ids[0])), Reply::NotThere);
        assert_eq!(reply(emma.desk.task(task)), Reply::NotThere);
        assert_eq!(reply(viewer.act(task, json!({"action": "assign"}))), Reply::NotAllowed);
        assert!(!viewer.may(task, "assign"));

        max.perform(ids[0], "approve", json!({"Approve": {}}));
        let reject = json!({"Reject": {"reason": "no advertising"}});
        let rejected = max.perform(ids[1], "approve", reject);
        clock.advance(Duration::from_hours(3 * 24));
        engine.run_pending().unwrap();

        assert_eq!(heard.try_iter().collect::<Vec<_>>(), ["Hello"]);
        for (id, state) in ids.into_iter().zip(["done at end", "done at rejected", "done at escalate"]) {
            for face in [&emma, &viewer] {
                face.sees(id);
                assert_eq!(face.state(id), state);
            }
            stranger.sees_nothing_of(id);
            gone.sees_nothing_of(id);
        }
        assert_eq!(emma.way(ids[0]), ["start", "approve", "send", "end"]);
        assert_eq!(viewer.desk.task(rejected).unwrap().line.decision.as_deref(), Some("Reject"));
        // The task that nobody took is over, and no manager took part in that process.
        max.sees(ids[0]);
        max.sees(ids[1]);
        max.sees_nothing_of(ids[2]);
        assert_eq!((max.queue(), max.archive()), (vec![], vec!["approve".to_owned(); 2]));
    });
}
