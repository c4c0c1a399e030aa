//! The flow of the README: every active person may start it and take its tasks.

use serde_json::json;
use viewflow::desk::FormPlace;
use viewflow::error::Reply;
use viewflow::prelude::*;

use super::{Face, GONE, Person, STRANGER, node, person, reply};
use crate::flow::{Mailer, Post, PublishFlow};
use crate::support::{on_every_store, user};

const VIEWER: Person = person("vera", &["publish.view"]);
const MANAGER: Person = person("mona", &["publish.manage"]);

#[test]
fn a_post_is_published_at_the_desks_of_those_who_choose_review_and_proofread_it() {
    on_every_store(|store| {
        let mailer = Mailer::default();
        let engine = Engine::builder(store).flow(PublishFlow::new(Mailer::clone(&mailer))).build().unwrap();
        let post = Post { id: Id::NEW, title: "Hello".to_owned(), body: String::new(), fresh: true };
        engine.transaction(|db| db.table().insert(post.clone())).unwrap();
        let [ann, bob, carl] = ["ann", "bob", "carl"].map(user);
        let [ann, bob, carl] = [&ann, &bob, &carl].map(|user| Face::of(&engine, user));
        let (stranger, gone) = (Face::of(&engine, &STRANGER), Face::of(&engine, &GONE));
        let (viewer, manager) = (Face::of(&engine, &VIEWER), Face::of(&engine, &MANAGER));

        assert_eq!((ann.starts(), gone.starts()), (vec!["publish.start".to_owned()], vec![]));
        let found = ann.desk.choices(&FormPlace::Start(node("publish.start")), "post", "hel", None, 9).unwrap();
        assert_eq!(serde_json::to_value(found.items).unwrap(), json!([{"value": 1, "label": "Hello"}]));
        let id = ann.start("publish.start", json!({"post": 1}));

        // Each active person may take the review: they see this task, and nothing else of the process.
        assert_eq!((bob.queue(), stranger.queue(), gone.queue()), (one("review"), one("review"), vec![]));
        assert_eq!(reply(stranger.desk.process(id)), Reply::NotThere);
        gone.sees_nothing_of(id);
        let review = bob.task(id, "review");
        assert_eq!(bob.desk.task(review.id).unwrap().seed.unwrap().text, "Hello");
        bob.act(review.id, json!({"action": "assign"})).unwrap();
        let late = stranger.desk.clone().seen(review.tag).execute(review.id, &super::Document::new());
        assert_eq!(reply(late), Reply::NotThere, "it is bob's");
        let late = bob.desk.clone().seen(review.tag).execute(review.id, &super::Document::new());
        assert_eq!(reply(late), Reply::Overtaken, "this page was shown before bob took the task");

        // A manager stops the process, and a viewer does not.
        assert!(manager.may_on(id, "suspend") && !viewer.may_on(id, "suspend"));
        assert_eq!(reply(viewer.act_on(id, json!({"action": "suspend"}))), Reply::NotAllowed);
        manager.act_on(id, json!({"action": "suspend"})).unwrap();
        assert_eq!(reply(bob.desk.execute(review.id, &super::Document::new())), Reply::Stale);
        manager.act_on(id, json!({"action": "resume"})).unwrap();
        assert_eq!(reply(bob.desk.execute(review.id, &super::Document::new())), Reply::Complaint);
        bob.perform(id, "review", json!({"Approve": {"languages": ["de", "fr"]}}));

        let proofread = [carl.perform(id, "proofread", json!({})), carl.perform(id, "proofread", json!({}))];
        engine.run_pending().unwrap();
        assert_eq!(*mailer.lock().unwrap(), ["Hello is out in de, fr"]);
        for face in [&ann, &bob, &carl, &viewer, &manager] {
            face.sees(id);
            assert_eq!(face.state(id), "done at end");
            assert_eq!(face.field(id, "languages"), json!(["de", "fr"]));
        }
        stranger.sees_nothing_of(id);
        gone.sees_nothing_of(id);
        assert_eq!((bob.archive(), carl.archive()), (one("review"), vec!["proofread".to_owned(); 2]));
        // A viewer sees what was proofread; a person of the process sees what they did themselves.
        for (task, language) in proofread.into_iter().zip(["de", "fr"]) {
            assert_eq!(viewer.desk.task(task).unwrap().fields[0].text, language);
            assert_eq!(reply(bob.desk.task(task)), Reply::NotThere);
        }
        assert_eq!(
            reply(ann.desk.start(&node("publish.start"), &super::document(json!({"post": 1})))),
            Reply::Complaint
        );
    });
}

fn one(node: &str) -> Vec<String> {
    vec![node.to_owned()]
}
