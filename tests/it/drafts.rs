//! The engine keeps what a person has filled in so far.

use std::sync::Arc;

use serde_json::json;
use viewflow::Document;
use viewflow::form::FormSpec;
use viewflow::prelude::*;

use crate::support::{on_every_store, open_task, user};

#[derive(Process, Clone, Debug)]
pub struct Report {
    #[field(default = "untitled")]
    pub title: String,
    #[field(max = 10)]
    pub pages: Option<u32>,
    pub authors: Vec<String>,
}

#[derive(Flow)]
#[flow(process = Report)]
pub struct ReportFlow {
    #[next(write)]
    start: StartHandle,
    #[fields(title, pages, authors)]
    #[next(end)]
    write: View,
    end: End,
}

fn document(value: serde_json::Value) -> Document {
    match value {
        serde_json::Value::Object(document) => document,
        _ => Document::new(),
    }
}

fn values(form: &FormSpec) -> serde_json::Value {
    form.fields.iter().map(|field| (field.name.to_owned(), field.value.clone())).collect()
}

#[test]
fn a_draft_is_shown_over_what_is_stored_and_gone_when_the_task_is_done() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(ReportFlow::new()).build().unwrap();
        let id = engine.run(ReportFlow::start, ()).unwrap().id;
        let (ann, bob) = (user("ann"), user("bob"));
        let task = engine.open_task(ReportFlow::write, id).unwrap().assign(&ann).unwrap();
        // A draft is not checked: it has more pages than allowed, and no title yet.
        let draft = document(json!({ "title": null, "pages": 11, "authors": ["ann"] }));
        task.draft(&ann, &draft).unwrap();
        assert_eq!(
            values(&engine.desk(&user("ann")).form(task.id()).unwrap()),
            serde_json::Value::Object(draft.clone())
        );
        assert!(matches!(task.draft(&bob, &draft), Err(Error::NotOwner { .. })));
        engine.desk(&ann).draft(task.id(), &document(json!({ "pages": 3 }))).unwrap();
        assert_eq!(
            values(&engine.desk(&user("ann")).form(task.id()).unwrap()),
            json!({ "title": null, "pages": 3, "authors": ["ann"] })
        );
        let done = task.id();
        task.execute(&ann, WriteFields { title: "Done".to_owned(), pages: None, authors: vec![] }).unwrap();
        assert_eq!(engine.task_record(done).unwrap().draft, None);
        assert!(matches!(engine.desk(&ann).draft(done, &draft), Err(Error::WrongStatus { .. })));
    });
}

#[test]
fn a_draft_that_does_not_fit_is_shown_as_far_as_it_does() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(ReportFlow::new()).build().unwrap();
        let id = engine.run(ReportFlow::start, ()).unwrap().id;
        let ann = user("ann");
        let task = engine.open_task(ReportFlow::write, id).unwrap().assign(&ann).unwrap();
        task.draft(&ann, &document(json!({ "title": 7, "pages": -1, "authors": ["ann", 4], "gone": true }))).unwrap();
        let stored = json!({ "title": "untitled", "pages": null, "authors": [] });
        assert_eq!(values(&engine.desk(&user("ann")).form(task.id()).unwrap()), stored);
        task.execute(&ann, WriteFields { title: "Done".to_owned(), pages: None, authors: vec![] }).unwrap();
    });
}

#[test]
fn a_draft_belongs_to_who_wrote_it() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(ReportFlow::new()).build().unwrap();
        let id = engine.run(ReportFlow::start, ()).unwrap().id;
        let (ann, bob) = (user("ann"), user("bob"));
        let task = open_task(&engine, ReportFlow::write, id).id;
        let draft = document(json!({ "pages": 3 }));
        let kept = || engine.task_record(task).unwrap().draft;
        engine.assign(task, &ann).unwrap();
        engine.desk(&ann).draft(task, &draft).unwrap();
        engine.assign(task, &ann).unwrap();
        assert_eq!(kept(), Some(draft.clone()), "it is his still");
        engine.unassign(task, &ann).unwrap();
        assert_eq!(kept(), None);
        engine.assign(task, &ann).unwrap();
        engine.desk(&ann).draft(task, &draft).unwrap();
        engine.reassign(task, &ann, &bob).unwrap();
        assert_eq!(kept(), None);
        engine.desk(&bob).draft(task, &draft).unwrap();
        engine.delegate(task, &bob, &ann).unwrap();
        assert_eq!(kept(), None);
    });
}
