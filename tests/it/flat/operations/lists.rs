//! The lists of a desk.

use serde_json::json;
use viewflow::NodeName;
use viewflow::prelude::*;

use super::Operation;
use crate::flat::flows::*;
use crate::flat::lab::KIND;
use crate::support::{boss, user};

fn node(flow: &str, node: &str) -> NodeName {
    NodeName { flow: flow.to_owned(), node: node.to_owned() }
}

pub(super) const LISTS: &[Operation] = &[
    ("TaskLines::page, of an inbox", |lab| {
        let many = user("many");
        lab.count(|| lab.engine.desk(&many).inbox().page(None, 1))
    }),
    ("TaskLines::page, of an inbox by due date", |lab| {
        let many = user("many");
        lab.count(|| lab.engine.desk(&many).inbox().by_due_date().page(None, 1))
    }),
    ("TaskLines::page, of an inbox of a flow", |lab| {
        let many = user("many");
        lab.count(|| lab.engine.desk(&many).inbox().flow("flat").page(None, 1))
    }),
    ("TaskLines::page, of an archive", |lab| {
        let many = user("many");
        lab.count(|| lab.engine.desk(&many).archive().page(None, 1))
    }),
    ("TaskLines::page, of a queue", |lab| {
        lab.engine.start(EyesFlow::start, &user("bob"), ()).unwrap();
        let ann = user("ann");
        lab.count(|| lab.engine.desk(&ann).queue().node(&node("flat_eyes", "sign")).page(None, 1))
    }),
    ("TaskLines::page, of all tasks", |lab| {
        lab.desk();
        lab.count(|| lab.engine.desk(&boss()).tasks().page(None, 1))
    }),
    ("TaskLines::page, of all tasks of a node", |lab| {
        lab.desk();
        let boss = boss();
        let tasks = lab.engine.desk(&boss).tasks().node(&node("flat", "desk")).status(TaskStatus::New);
        lab.count(|| tasks.page(None, 1))
    }),
    ("TaskLines::page, of a process", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.desk(&boss()).tasks().process(id).page(None, 3))
    }),
    ("TaskLines::page, of what is open in a process", |lab| {
        let id = lab.process();
        let boss = boss();
        let tasks = lab.engine.desk(&boss).tasks().process(id).status(TaskStatus::New);
        lab.count(|| tasks.page(None, 1))
    }),
    ("TaskLines::count, of an inbox", |lab| {
        let many = user("many");
        lab.count(|| lab.engine.desk(&many).inbox().count())
    }),
    ("TaskLines::count, of a queue", |lab| {
        lab.engine.start(EyesFlow::start, &user("bob"), ()).unwrap();
        let ann = user("ann");
        lab.count(|| lab.engine.desk(&ann).queue().node(&node("flat_eyes", "sign")).count())
    }),
    ("ProcessLines::page", |lab| {
        lab.process();
        lab.count(|| lab.engine.desk(&boss()).processes().page(None, 1))
    }),
    ("ProcessLines::page, of those that run in a flow", |lab| {
        lab.process();
        let boss = boss();
        let running = lab.engine.desk(&boss).processes().flow("flat").status(ProcessStatus::New);
        lab.count(|| running.page(None, 1))
    }),
    ("ProcessLines::page, by a column", |lab| {
        lab.process();
        let boss = boss();
        let of_kind = lab.engine.desk(&boss).processes().flow("flat").column("kind", json!(KIND));
        lab.count(|| of_kind.page(None, 1))
    }),
    ("ProcessLines::page, of the children of a task", |lab| {
        let host = lab.host();
        lab.count(|| lab.engine.desk(&boss()).children(host).page(None, 1))
    }),
    ("ProcessLines::page, of the children of a process", |lab| {
        let host = lab.host();
        lab.count(|| lab.engine.desk(&boss()).children(host.process).page(None, 1))
    }),
    ("ProcessLines::count, of the children of a task", |lab| {
        let host = lab.host();
        lab.count(|| lab.engine.desk(&boss()).children(host).count())
    }),
    ("Desk::start_drafts", |lab| {
        let ann = user("ann");
        lab.engine.desk(&ann).draft_start(&node("flat", "tell"), &viewflow::Document::new()).unwrap();
        lab.count(|| lab.engine.desk(&ann).start_drafts())
    }),
];
