//! Actions of people from faces: by name, as JSON.

use viewflow::desk::{ProcessCommand, TaskCommand};
use viewflow::{Document, NodeName};

use super::Operation;
use crate::flat::lab::KEY;
use crate::support::{boss, user};

pub(super) const DESK_ACTS: &[Operation] = &[
    ("Desk::start", |lab| {
        let node = NodeName { flow: "flat".to_owned(), node: "tell".to_owned() };
        lab.count(|| lab.engine.desk(&user("ann")).start(&node, &Document::new()))
    }),
    ("Desk::start_each", |lab| {
        let node = NodeName::new("flat", "tell");
        lab.count(|| lab.engine.desk(&user("ann")).start_each(&node, &[Document::new()]).remove(0))
    }),
    ("Desk::start_all", |lab| {
        let node = NodeName::new("flat", "tell");
        lab.count(|| lab.engine.desk(&user("ann")).start_all(&node, &[Document::new()]))
    }),
    ("Desk::act_on_each", |lab| {
        let commands = [(lab.desk(), TaskCommand::Assign)];
        lab.count(|| lab.engine.desk(&user("ann")).act_on_each(&commands).remove(0))
    }),
    ("Desk::act_on_all", |lab| {
        let commands = [(lab.desk(), TaskCommand::Assign)];
        lab.count(|| lab.engine.desk(&user("ann")).act_on_all(&commands))
    }),
    ("Desk::execute", |lab| {
        let task = lab.assigned();
        lab.count(|| lab.engine.desk(&user("ann")).execute(task, &Document::new()))
    }),
    ("Desk::draft", |lab| {
        let task = lab.assigned();
        lab.count(|| lab.engine.desk(&user("ann")).draft(task, &Document::new()))
    }),
    ("Desk::draft_start", |lab| {
        let node = NodeName { flow: "flat".to_owned(), node: "tell".to_owned() };
        lab.count(|| lab.engine.desk(&user("ann")).draft_start(&node, &Document::new()))
    }),
    ("Desk::drop_start_draft", |lab| {
        let node = NodeName { flow: "flat".to_owned(), node: "tell".to_owned() };
        lab.engine.desk(&user("ann")).draft_start(&node, &Document::new()).unwrap();
        lab.count(|| lab.engine.desk(&user("ann")).drop_start_draft(&node))
    }),
    ("Desk::send", |lab| {
        let note: Document = [("key".to_owned(), (KEY + 2).into())].into_iter().collect();
        lab.count(|| lab.engine.desk(&boss()).send("note", &note))
    }),
    ("Desk::start_form", |lab| {
        let node = NodeName { flow: "flat".to_owned(), node: "tell".to_owned() };
        lab.count(|| lab.engine.desk(&user("ann")).start_form(&node))
    }),
    ("Desk::form", |lab| {
        let task = lab.assigned();
        lab.count(|| lab.engine.desk(&user("ann")).form(task))
    }),
    ("Desk::fill_in", |lab| {
        let task = lab.assigned();
        lab.count(|| lab.engine.desk(&user("ann")).fill_in(task, &Document::new()))
    }),
    ("Desk::fill_in_start", |lab| {
        let node = NodeName { flow: "flat".to_owned(), node: "tell".to_owned() };
        lab.count(|| lab.engine.desk(&user("ann")).fill_in_start(&node, &Document::new()))
    }),
    ("Desk::people", |lab| lab.count(|| lab.engine.desk(&user("ann")).people("a", 10))),
    ("Desk::act, to take", |lab| {
        let task = lab.desk();
        lab.count(|| lab.engine.desk(&user("ann")).act(task, &TaskCommand::Assign))
    }),
    ("Desk::act, to give away", |lab| {
        let task = lab.assigned();
        let command = TaskCommand::Reassign { to: user("bob") };
        lab.count(|| lab.engine.desk(&user("ann")).act(task, &command))
    }),
    ("Desk::act, to do", |lab| {
        let task = lab.assigned();
        let command = TaskCommand::Execute { form: Document::new() };
        lab.count(|| lab.engine.desk(&user("ann")).act(task, &command))
    }),
    ("Desk::act, to go back", |lab| {
        let task = lab.done();
        lab.count(|| lab.engine.desk(&boss()).act(task, &TaskCommand::GoBack))
    }),
    ("Desk::act, to move", |lab| {
        let task = lab.desk();
        lab.count(|| lab.engine.desk(&boss()).act(task, &TaskCommand::Move { to: "judge".to_owned() }))
    }),
    ("Desk::act_on, to go back", |lab| {
        let task = lab.done();
        let command = ProcessCommand::GoBack { node: "desk".to_owned() };
        lab.count(|| lab.engine.desk(&boss()).act_on(task.process, &command))
    }),
    ("Desk::act, to run", |lab| {
        let kid = lab.kid(lab.host().process);
        lab.count(|| lab.engine.desk(&boss()).act(kid, &TaskCommand::Run { input: Document::new() }))
    }),
    ("Desk::act, to add a child", |lab| {
        let host = lab.host();
        let command = TaskCommand::AddChild { seed: ().into(), data: Document::new() };
        lab.count(|| lab.engine.desk(&boss()).act(host, &command))
    }),
    ("Desk::run", |lab| {
        let node = NodeName { flow: "flat_kid".to_owned(), node: "start".to_owned() };
        lab.count(|| lab.engine.desk(&boss()).run(&node, &Document::new()))
    }),
    ("Desk::execute, once", |lab| {
        let task = lab.assigned();
        lab.count(|| lab.engine.desk(&user("ann")).once(format!("{task}")).execute(task, &Document::new()))
    }),
    ("Desk::execute, once more", |lab| {
        let task = lab.assigned();
        let key = format!("more {task}");
        lab.engine.desk(&user("ann")).once(&*key).execute(task, &Document::new()).unwrap();
        lab.count(|| lab.engine.desk(&user("ann")).once(&*key).execute(task, &Document::new()))
    }),
];
