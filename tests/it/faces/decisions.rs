//! Decisions: at a start, page by page, and at tasks.

use serde_json::{Value, json};
use viewflow::error::Reply;
use viewflow::prelude::*;

use super::{Face, GONE, Person, STRANGER, document, node, person, reply};
use crate::decisions::{BookingFlow, RequestFlow, Room};
use crate::support::{of, on_every_store, user};

const HOST: Person = person("hugo", &["booking.view"]);
const VIEWER: Person = person("vera", &["request.view"]);

#[test]
fn a_booking_is_filled_in_page_by_page_and_its_draft_is_nobody_elses() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(BookingFlow::new()).build().unwrap();
        engine.transaction(|db| db.table().insert(Room { id: Id::NEW, free: true })).unwrap();
        let (ann, bob) = (user("ann"), user("bob"));
        let (ann, bob) = (Face::of(&engine, &ann), Face::of(&engine, &bob));
        let (host, gone) = (Face::of(&engine, &HOST), Face::of(&engine, &GONE));
        let start = node("booking.start");

        let form = |face: &Face<'_>| serde_json::to_value(face.desk.start_form(&start).unwrap()).unwrap();
        let pages = json!([
            {"title": "Book", "fields": ["room"]},
            {"title": "Time", "fields": ["nights", "guests", "price", "reason"]},
        ]);
        assert_eq!(form(&ann)["cases"][0]["pages"], pages);
        let filled = |form: Value| ann.desk.fill_in_start(&start, &document(form)).unwrap();
        let first = filled(json!({"Book": {"room": 1}}));
        assert_eq!(of(&first.of_page(0)), [""; 0], "she can go on to the next page");
        assert_eq!(of(&first.of_page(1)), ["Book.nights: is required"]);
        ann.desk.draft_start(&start, &document(json!({"Book": {"room": 1}}))).unwrap();
        assert_eq!((&form(&ann)["chosen"], &form(&bob)["chosen"]), (&json!("Book"), &Value::Null));
        assert_eq!((ann.desk.start_drafts().unwrap().len(), bob.desk.start_drafts().unwrap().len()), (1, 0));
        let second = filled(json!({"Book": {"nights": 8}}));
        assert_eq!(of(&second.of_page(1)), ["Book.reason: is required"], "of a long stay");
        let id = ann.start("booking.start", json!({"Book": {"nights": 2}}));
        assert_eq!(ann.desk.start_drafts().unwrap(), []);
        let left = bob.start("booking.start", json!({"Leave": {}}));

        assert_eq!((ann.state(id), bob.state(left)), ("done at booked".to_owned(), "done at left".to_owned()));
        for booking in [id, left] {
            host.sees(booking);
            gone.sees_nothing_of(booking);
            Face::of(&engine, &STRANGER).sees_nothing_of(booking);
        }
        ann.sees_nothing_of(left);
        bob.sees_nothing_of(id);
        let end = host.desk.tasks_of(id, 0, 9).unwrap().items.pop().unwrap();
        assert_eq!(host.desk.task(end.id).unwrap().seed.unwrap().value, json!(160), "two nights for one guest");
    });
}

#[test]
fn a_request_is_asked_about_and_turned_down_after_a_question() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(RequestFlow::new()).build().unwrap();
        let [ann, bob, eve] = ["ann", "bob", "eve"].map(user);
        let [ann, bob, eve] = [&ann, &bob, &eve].map(|user| Face::of(&engine, user));
        let (viewer, gone) = (Face::of(&engine, &VIEWER), Face::of(&engine, &GONE));
        let id = ann.start("request.start", json!({}));

        bob.perform(id, "review", json!({"Ask": {"whom": "eve", "by": ["bob"]}}));
        let question = eve.task(id, "question").id;
        assert_eq!(eve.desk.task(question).unwrap().seed.unwrap().text, "eve by bob");
        eve.perform(id, "question", json!({}));
        let review = bob.task(id, "review").id;
        bob.act(review, json!({"action": "assign"})).unwrap();
        bob.act(review, json!({"action": "draft", "form": {"Reject": {"reason": "much too late, I fear"}}})).unwrap();
        let page = serde_json::to_value(bob.desk.task(review).unwrap()).unwrap();
        assert_eq!(page["form"]["chosen"], "Reject");
        assert_eq!(page["form"]["cases"][1]["confirm"], "Turn it down for good?");
        assert_eq!(viewer.desk.task(review).unwrap().draft, bob.desk.task(review).unwrap().draft);
        assert_eq!(reply(ann.desk.task(review)), Reply::NotThere, "she started it, and the task is bob's");
        let refused = bob.desk.execute(review, &document(json!({}))).unwrap_err();
        assert_eq!(refused.field_errors().unwrap().of("Reject.reason"), ["must not be longer than 20 (it is 21 long)"]);
        bob.perform(id, "review", json!({"Reject": {"reason": "too late"}}));
        let inform = ann.perform(id, "inform", json!({}));

        for face in [&ann, &bob, &eve, &viewer] {
            face.sees(id);
            assert_eq!(face.state(id), "done at end");
        }
        assert_eq!(viewer.way(id), ["start", "review", "question", "review", "inform", "end"]);
        assert_eq!(ann.desk.task(inform).unwrap().fields[0].text, "too late");
        gone.sees_nothing_of(id);
        Face::of(&engine, &STRANGER).sees_nothing_of(id);
    });
}
