//! Operations of people and of the program.

use viewflow::Document;
use viewflow::engine::Clock as _;
use viewflow::prelude::*;

use super::Operation;
use crate::flat::flows::*;
use crate::flat::lab::KEY;
use crate::support::{boss, user};

pub(super) const ACTS: &[Operation] = &[
    ("Engine::start", |lab| {
        let form = TellFields { text: None };
        lab.count(|| lab.engine.start(FlatFlow::tell, &user("ann"), form))
    }),
    ("Engine::run", |lab| lab.count(|| lab.engine.run(FlatFlow::start, (0, 0, 1, 0, String::new())))),
    ("Engine::task", |lab| {
        let task = lab.desk();
        lab.count(|| lab.engine.task(FlatFlow::desk, task))
    }),
    ("Engine::open_task", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.open_task(FlatFlow::turn, id))
    }),
    ("Engine::assign", |lab| {
        let task = lab.desk();
        lab.count(|| lab.engine.assign(task, &user("ann")))
    }),
    ("Engine::unassign", |lab| {
        let task = lab.assigned();
        lab.count(|| lab.engine.unassign(task, &user("ann")))
    }),
    ("Engine::reassign", |lab| {
        let task = lab.assigned();
        lab.count(|| lab.engine.reassign(task, &user("ann"), &user("bob")))
    }),
    ("Engine::delegate", |lab| {
        let task = lab.assigned();
        lab.count(|| lab.engine.delegate(task, &user("ann"), &user("bob")))
    }),
    ("Engine::set_due_date", |lab| {
        let task = lab.assigned();
        lab.count(|| lab.engine.set_due_date(task, &boss(), Some(lab.clock.now())))
    }),
    ("Engine::set_priority", |lab| {
        let task = lab.assigned();
        lab.count(|| lab.engine.set_priority(task, &boss(), Some(5)))
    }),
    ("Engine::set_follow_up", |lab| {
        let task = lab.assigned();
        lab.count(|| lab.engine.set_follow_up(task, &user("ann"), Some(lab.clock.now())))
    }),
    ("Engine::cancel_task", |lab| {
        let task = lab.desk();
        lab.count(|| lab.engine.cancel_task(task, &boss()))
    }),
    ("Engine::revive", |lab| {
        let task = lab.desk();
        lab.engine.cancel_task(task, &boss()).unwrap();
        lab.count(|| lab.engine.revive(task, &boss()))
    }),
    ("Engine::retry", |lab| {
        let task = lab.failed();
        lab.count(|| lab.engine.retry(task, &boss()))
    }),
    ("Engine::skip", |lab| {
        let task = lab.desk();
        lab.count(|| lab.engine.skip(task, &boss()))
    }),
    ("Engine::undo", |lab| {
        let task = lab.done();
        lab.count(|| lab.engine.undo(task, &boss()))
    }),
    ("Engine::go_back", |lab| {
        let task = lab.done();
        lab.count(|| lab.engine.go_back(task.process, FlatFlow::desk, &boss()))
    }),
    ("Engine::go_back_to", |lab| {
        let task = lab.done();
        lab.count(|| lab.engine.go_back_to(task, &boss()))
    }),
    ("Engine::move_task", |lab| {
        let task = lab.desk();
        lab.count(|| lab.engine.move_task(task, FlatFlow::judge, &boss()))
    }),
    ("Engine::cancel", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.cancel(id, &boss()))
    }),
    ("Engine::suspend", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.suspend(id, &boss()))
    }),
    ("Engine::resume", |lab| {
        let id = lab.process();
        lab.engine.suspend(id, &boss()).unwrap();
        lab.count(|| lab.engine.resume(id, &boss()))
    }),
    ("Engine::signal, that nobody hears", |lab| lab.count(|| lab.engine.signal("bell"))),
    ("Engine::signal, that one hears", |lab| {
        lab.engine.run(BellFlow::start, true).unwrap();
        lab.count(|| lab.engine.signal("bell"))
    }),
    ("Engine::send, that is kept", |lab| lab.count(|| lab.engine.send(&Note { key: KEY }))),
    ("Engine::send, that is awaited", |lab| {
        lab.engine.run(NoteFlow::start, KEY + 1).unwrap();
        lab.count(|| lab.engine.send(&Note { key: KEY + 1 }))
    }),
    ("OpenTask::assign", |lab| {
        let task = lab.engine.task(FlatFlow::desk, lab.desk()).unwrap();
        lab.count(|| task.assign(&user("ann")))
    }),
    ("AssignedTask::unassign", |lab| {
        let task = lab.engine.task(FlatFlow::desk, lab.desk()).unwrap().assign(&user("ann")).unwrap();
        lab.count(|| task.unassign(&user("ann")))
    }),
    ("AssignedTask::reassign", |lab| {
        let task = lab.engine.task(FlatFlow::desk, lab.desk()).unwrap().assign(&user("ann")).unwrap();
        lab.count(|| task.reassign(&user("ann"), &user("bob")))
    }),
    ("AssignedTask::delegate", |lab| {
        let task = lab.engine.task(FlatFlow::desk, lab.desk()).unwrap().assign(&user("ann")).unwrap();
        lab.count(|| task.delegate(&user("ann"), &user("bob")))
    }),
    ("AssignedTask::draft", |lab| {
        let task = lab.engine.task(FlatFlow::desk, lab.desk()).unwrap().assign(&user("ann")).unwrap();
        lab.count(|| task.draft(&user("ann"), &Document::new()))
    }),
    ("AssignedTask::execute", |lab| {
        let task = lab.engine.task(FlatFlow::desk, lab.desk()).unwrap().assign(&user("ann")).unwrap();
        lab.count(|| task.execute(&user("ann"), DeskFields { text: None }))
    }),
    ("OpenHandle::run", |lab| {
        let id = lab.process();
        let task = lab.engine.task(FlatFlow::turn, lab.newest(id)).unwrap();
        lab.count(|| task.run((Way::Again, Question::Nothing)))
    }),
    ("OpenHandle::run, to a node with not_by", |lab| {
        let id = lab.process();
        lab.count(|| lab.ask(id, Way::Judge, Question::Nothing))
    }),
    ("OpenHandle::run, to a node with same_as", |lab| {
        let id = lab.process();
        lab.count(|| lab.ask(id, Way::Same, Question::Nothing))
    }),
    ("OpenHandle::run, to a compensation", |lab| {
        let id = lab.process();
        lab.turn(id, Way::Book);
        lab.count(|| lab.ask(id, Way::TakeBack, Question::Nothing))
    }),
    ("OpenHandle::run, the end of a child", |lab| {
        let kid = lab.kid(lab.host().process);
        lab.count(|| lab.engine.task(KidFlow::leave, kid)?.run(()))
    }),
    ("OpenSubprocess::add", |lab| {
        let host = lab.engine.task(FlatFlow::kids, lab.host()).unwrap();
        lab.count(|| host.add(None, Story::initial()))
    }),
    ("OpenSubprocess::children", |lab| {
        let host = lab.engine.task(FlatFlow::kids, lab.host()).unwrap();
        lab.count(|| host.children())
    }),
];
