//! Operations that read.

use viewflow::NodeName;
use viewflow::desk::FormPlace;
use viewflow::prelude::*;

use super::Operation;
use crate::flat::flows::*;
use crate::flat::lab::KIND;
use crate::support::{boss, user};

pub(super) const READS: &[Operation] = &[
    ("Engine::actions", |lab| {
        let task = lab.desk();
        lab.count(|| lab.engine.actions(task, &user("ann")))
    }),
    ("Engine::process_actions", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.process_actions(id, &user("ann")))
    }),
    ("Desk::task", |lab| {
        let task = lab.assigned();
        lab.count(|| lab.engine.desk(&user("ann")).task(task))
    }),
    ("Desk::process", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.desk(&boss()).process(id))
    }),
    ("Desk::tasks_of", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.desk(&boss()).tasks_of(id, 0, 3))
    }),
    ("Desk::history", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.desk(&boss()).history(id, None, 3))
    }),
    ("Desk::process_at", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.desk(&boss()).process_at(id, 3))
    }),
    ("Desk::choices", |lab| {
        let place = FormPlace::Start(NodeName { flow: "flat".to_owned(), node: "pick_item".to_owned() });
        lab.count(|| lab.engine.desk(&user("ann")).choices(&place, "item", "", None, 3))
    }),
    ("Engine::start_form", |lab| {
        let node = NodeName { flow: "flat".to_owned(), node: "tell".to_owned() };
        lab.count(|| lab.engine.start_form(&node))
    }),
    ("Engine::form", |lab| {
        let task = lab.desk();
        lab.count(|| lab.engine.form(task))
    }),
    ("Engine::process", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.process::<FlatFlow>(id))
    }),
    ("Engine::process_record", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.process_record(id))
    }),
    ("Engine::task_record", |lab| {
        let task = lab.desk();
        lab.count(|| lab.engine.task_record(task))
    }),
    ("Engine::tasks", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.tasks(id, 0, 3))
    }),
    ("Engine::events", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.events(id, 0, 3))
    }),
    ("Engine::marks", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.marks(id))
    }),
    ("HistoryQuery::page", |lab| {
        lab.process();
        lab.count(|| lab.engine.history().page(None, 3))
    }),
    ("HistoryQuery::page, of a person", |lab| {
        lab.process();
        lab.count(|| lab.engine.history().by(&user("ann")).page(None, 3))
    }),
    ("HistoryQuery::page, of a process", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.history().of_process(id).page(None, 3))
    }),
    ("HistoryQuery::list, of a person", |lab| {
        let task = lab.desk();
        lab.engine.assign(task, &user("eve")).unwrap();
        lab.count(|| lab.engine.history().by(&user("eve")).list())
    }),
    ("TaskQuery::first, of an inbox", |lab| {
        lab.assigned();
        lab.count(|| lab.engine.inbox(&user("ann")).first())
    }),
    ("TaskQuery::list, of an inbox", |lab| {
        let task = lab.desk();
        lab.engine.assign(task, &user("joe")).unwrap();
        lab.count(|| lab.engine.inbox(&user("joe")).list())
    }),
    ("TaskQuery::page, of an inbox", |lab| lab.count(|| lab.engine.inbox(&user("many")).page(None, 1))),
    ("TaskQuery::page, of an archive", |lab| lab.count(|| lab.engine.archive(&user("many")).page(None, 1))),
    ("TaskQuery::page, of a queue", |lab| {
        lab.engine.start(EyesFlow::start, &user("bob"), ()).unwrap();
        lab.count(|| lab.engine.queue(&user("ann")).of(EyesFlow::sign).page(None, 1))
    }),
    ("TaskQuery::page, of a queue by priority", |lab| {
        lab.engine.start(EyesFlow::start, &user("bob"), ()).unwrap();
        lab.count(|| lab.engine.queue(&user("ann")).by_priority().page(None, 1))
    }),
    ("TaskQuery::page, of a queue for one permission", |lab| {
        lab.engine.run(PermittedFlow::start, 1).unwrap();
        let signer = Signer { item: 1, tells: true };
        lab.count(|| lab.engine.queue(&signer).of(PermittedFlow::sign).page(None, 1))
    }),
    ("TaskQuery::page, of a queue of somebody who does not tell their permissions", |lab| {
        lab.engine.run(PermittedFlow::start, 1).unwrap();
        let signer = Signer { item: 1, tells: false };
        lab.count(|| lab.engine.queue(&signer).of(PermittedFlow::sign).page(None, 1))
    }),
    ("TaskQuery::page, of a node", |lab| {
        lab.desk();
        lab.count(|| lab.engine.tasks_of(FlatFlow::desk, TaskStatus::New).page(None, 1))
    }),
    ("ProcessQuery::list", |lab| {
        lab.engine.run(PauseFlow::start, true).unwrap();
        lab.settle();
        let cost = lab.count(|| lab.engine.processes::<PauseFlow>().with_status(ProcessStatus::Done).list());
        lab.settle();
        cost
    }),
    ("ProcessQuery::page", |lab| {
        lab.process();
        lab.count(|| lab.engine.processes::<FlatFlow>().page(None, 1))
    }),
    ("ProcessQuery::page, of those that run", |lab| {
        lab.process();
        lab.count(|| lab.engine.processes::<FlatFlow>().with_status(ProcessStatus::New).page(None, 1))
    }),
    ("ProcessQuery::by, of those that run", |lab| {
        lab.engine.run(FlatFlow::start, (0, 0, 1, KIND, String::new())).unwrap();
        lab.count(|| lab.engine.processes::<FlatFlow>().with_status(ProcessStatus::New).by(Story::BY_KIND, KIND))
    }),
];
