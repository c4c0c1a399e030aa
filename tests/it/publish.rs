//! The flow of the README, from beginning to end.

use viewflow::nodes::Node;
use viewflow::prelude::*;

use crate::flow::*;
use crate::support::{do_next, events, on_every_store, open_tasks, perform, user};

fn add_post(engine: &Engine) -> Ref<Post> {
    let post = Post { id: Id::NEW, title: "Hello".to_owned(), body: String::new(), fresh: true };
    engine.transaction(|db| db.table().insert(post.clone())).unwrap()
}

#[test]
fn a_post_goes_from_selection_to_publication() {
    on_every_store(|store| {
        let mailer = Mailer::default();
        let engine = Engine::builder(store).flow(PublishFlow::new(Mailer::clone(&mailer))).build().unwrap();
        let post = add_post(&engine);
        let process = engine.start(PublishFlow::start, &user("ann"), SelectPost { post }).unwrap();
        assert_eq!(process.seed, Some(post));
        let task = engine.queue(&user("ann")).of(PublishFlow::review).first().unwrap();
        let form = Verdict::Approve { languages: vec!["de".to_owned(), "fr".to_owned()] };
        let bob = user("bob");
        engine.task(PublishFlow::review, task.id).unwrap().assign(&bob).unwrap().execute(&bob, form).unwrap();
        for task in open_tasks(&engine, PublishFlow::proofread, process.id) {
            assert!(mailer.lock().unwrap().is_empty());
            perform(&engine, PublishFlow::proofread, task.id, ());
        }
        engine.run_pending().unwrap();
        let process = engine.process::<PublishFlow>(process.id).unwrap();
        assert_eq!(process.status, ProcessStatus::Done);
        assert_eq!(*mailer.lock().unwrap(), ["Hello is out in de, fr"]);
        let (post, publication) = engine.transaction(|db| Ok((db.load(post)?, db.load(process.artifact)?))).unwrap();
        assert!(!post.fresh, "business data is written in the step");
        assert_eq!(publication.languages, ["de", "fr"]);
    });
}

#[test]
fn a_post_that_is_not_approved_goes_to_the_end() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(PublishFlow::new(Mailer::default())).build().unwrap();
        let post = add_post(&engine);
        let id = engine.start(PublishFlow::start, &user("ann"), SelectPost { post }).unwrap().id;
        do_next(&engine, PublishFlow::review, id, Verdict::Reject { remark: "too short".to_owned() });
        assert_eq!(engine.process::<PublishFlow>(id).unwrap().status, ProcessStatus::Done);
        let events = events(&engine, id);
        assert_eq!(events[0], "process started");
        assert_eq!(events[events.len() - 3..], ["end created", "end finished", "process finished"]);
        assert!(!events.iter().any(|event| event.contains("proofread")));
    });
}

#[test]
fn the_chart_of_the_readme_is_that_of_the_flow() {
    let engine = Engine::builder(MemoryStore::new()).flow(PublishFlow::new(Mailer::default())).build().unwrap();
    let chart = engine.graph("publish").unwrap().mermaid();
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&format!("```mermaid\n{chart}```")), "put this into the README:\n{chart}");
}

#[test]
fn a_flow_can_be_asked_for_its_chart() {
    let engine = Engine::builder(MemoryStore::new()).flow(PublishFlow::new(Mailer::default())).build().unwrap();
    let graph = engine.graph(<PublishFlow as Flow>::NAME).unwrap();
    assert_eq!(graph.nodes()[graph.find(PublishFlow::send_node.name()).unwrap()].kind.name(), "Job");
    assert_eq!(engine.title("publish").unwrap(), "Publish a post");
}
