//! Each operation of the engine, prepared and done once in a lab.

use std::time::Duration;

use viewflow::prelude::*;
use viewflow::{Clock as _, Document, NodeName};

use super::flows::*;
use super::lab::{Cost, KEY, KIND, Lab};
use crate::support::{boss, user};

/// The name of an operation, with what is special in this way to call it after a comma; and what it costs in a lab.
pub type Operation = (&'static str, fn(&Lab) -> Cost);

/// What people and the program do.
const ACTS: &[Operation] = &[
    ("Engine::start", |lab| {
        let form = TellFields { text: None };
        lab.count(|| lab.engine.start(FlatFlow::tell, &user("ann"), form))
    }),
    ("Engine::start_with", |lab| {
        let node = NodeName { flow: "flat".to_owned(), node: "tell".to_owned() };
        lab.count(|| lab.engine.start_with(&node, &user("ann"), &Document::new()))
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
    ("Engine::execute_with", |lab| {
        let task = lab.assigned();
        lab.count(|| lab.engine.execute_with(task, &user("ann"), &Document::new()))
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
    ("Engine::draft_with", |lab| {
        let task = lab.assigned();
        lab.count(|| lab.engine.draft_with(task, &user("ann"), &Document::new()))
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
    ("Engine::send_with", |lab| {
        let note: Document = [("key".to_owned(), (KEY + 2).into())].into_iter().collect();
        lab.count(|| lab.engine.send_with("note", &note))
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

/// What workers do.
const WORK: &[Operation] = &[
    ("Engine::run_pending, with nothing to do", |lab| lab.count(|| lab.engine.run_pending())),
    ("Engine::run_pending, a job", |lab| {
        let id = lab.process();
        lab.turn(id, Way::Work);
        lab.count(|| lab.engine.run_pending())
    }),
    ("Engine::run_pending, a timer", |lab| {
        lab.engine.run(PauseFlow::start, true).unwrap();
        lab.clock.advance(Duration::from_hours(24));
        lab.count(|| lab.engine.run_pending())
    }),
    ("Engine::run_pending, a message that is awaited", |lab| {
        lab.engine.run(NoteFlow::start, KEY + 3).unwrap();
        lab.engine.send(&Note { key: KEY + 3 }).unwrap();
        lab.count(|| lab.engine.run_pending())
    }),
    ("Engine::run_pending, a message that was kept", |lab| {
        lab.engine.send(&Note { key: KEY }).unwrap();
        lab.engine.run(NoteFlow::start, KEY).unwrap();
        lab.count(|| lab.engine.run_pending())
    }),
    ("Engine::run_pending, a signal", |lab| {
        lab.engine.run(BellFlow::start, true).unwrap();
        lab.engine.signal("bell").unwrap();
        lab.count(|| lab.engine.run_pending())
    }),
    ("Engine::run_pending, a row that a condition has read", |lab| {
        let id = lab.engine.run(StockFlow::start, 1).unwrap().id;
        lab.settle();
        lab.db(|db| db.change(Id::<Stock>::from_number(1).to_ref(), |stock| stock.pieces += 1));
        let cost = lab.count(|| lab.engine.run_pending());
        assert_eq!(lab.engine.process_record(id).unwrap().status, ProcessStatus::Done);
        lab.db(|db| db.change(Id::<Stock>::from_number(1).to_ref(), |stock| stock.pieces = 0));
        lab.settle();
        cost
    }),
    ("Engine::next_due", |lab| lab.count(|| lab.engine.next_due())),
    ("Engine::purge", |lab| {
        lab.clock.advance(Duration::from_secs(1));
        lab.engine.purge(lab.clock.now()).unwrap();
        let id = lab.process();
        lab.engine.cancel(id, &boss()).unwrap();
        lab.settle();
        lab.clock.advance(Duration::from_secs(1));
        lab.count(|| lab.engine.purge(lab.clock.now()))
    }),
    ("Engine::subscriptions", |lab| lab.count(|| lab.engine.subscriptions())),
    ("Engine::unsubscribe", |lab| lab.count(|| lab.engine.unsubscribe("nobody"))),
    ("EngineBuilder::build", |lab| lab.count(|| lab.build())),
    ("EngineBuilder::plan", |lab| lab.count(|| lab.plan())),
];

/// What is looked at.
const READS: &[Operation] = &[
    ("Engine::actions", |lab| {
        let task = lab.desk();
        lab.count(|| lab.engine.actions(task, &user("ann")))
    }),
    ("Engine::process_actions", |lab| {
        let id = lab.process();
        lab.count(|| lab.engine.process_actions(id, &user("ann")))
    }),
    ("Engine::start_form", |lab| {
        let node = NodeName { flow: "flat".to_owned(), node: "tell".to_owned() };
        lab.count(|| lab.engine.start_form(&node))
    }),
    ("Engine::start_form_for", |lab| {
        let node = NodeName { flow: "flat".to_owned(), node: "tell".to_owned() };
        lab.count(|| lab.engine.start_form_for(&node, &user("ann")))
    }),
    ("Engine::form", |lab| {
        let task = lab.desk();
        lab.count(|| lab.engine.form(task))
    }),
    ("Engine::form_for", |lab| {
        let task = lab.assigned();
        lab.count(|| lab.engine.form_for(task, &user("ann")))
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
        let begin = (0, 0, 1, KIND + 1, String::new());
        lab.engine.run(FlatFlow::start, begin).unwrap();
        lab.count(|| lab.engine.processes::<FlatFlow>().with_status(ProcessStatus::New).by(Story::BY_KIND, KIND + 1))
    }),
];

/// What a step asks and does: of tables, and of its activation.
const STEPS: &[Operation] = &[
    ("Engine::transaction", |lab| lab.count(|| lab.engine.transaction(|_| Ok(())))),
    ("Db::load", |lab| {
        let item = lab.item();
        lab.count(|| lab.engine.transaction(|db| db.load(item)))
    }),
    ("Db::change", |lab| {
        let item = lab.item();
        lab.count(|| lab.engine.transaction(|db| db.change(item, |item| item.code += 1)))
    }),
    ("Table::get", |lab| {
        let item = lab.item();
        lab.count(|| lab.engine.transaction(|db| db.table::<Item>().get(item)))
    }),
    ("Table::load", |lab| {
        let item = lab.item();
        lab.count(|| lab.engine.transaction(|db| db.table::<Item>().load(item)))
    }),
    ("Table::insert", |lab| {
        lab.count(|| lab.engine.transaction(|db| db.table().insert(Item { id: Id::NEW, code: KEY })))
    }),
    ("Table::insert, of a row that refers", |lab| {
        let item = lab.referred();
        lab.count(|| lab.engine.transaction(|db| db.table().insert(Bill { id: Id::NEW, item })))
    }),
    ("Table::update", |lab| {
        let item = lab.item();
        let row = lab.engine.transaction(|db| db.load(item)).unwrap();
        lab.count(|| lab.engine.transaction(|db| db.table().update(&Item { code: 1, ..row.clone() })))
    }),
    ("Table::delete", |lab| {
        let item = lab.item();
        lab.count(|| lab.engine.transaction(|db| db.table::<Item>().delete(item)))
    }),
    ("Table::delete, of a row that is held", |lab| {
        let item = lab.referred();
        lab.count(|| match lab.engine.transaction(|db| db.table::<Item>().delete(item)) {
            Err(Error::Protected { .. }) => Ok(()),
            other => panic!("{other:?}"),
        })
    }),
    ("Query::first", |lab| lab.count(|| lab.engine.transaction(|db| db.table::<Item>().all().first()))),
    ("Query::first, by an index", |lab| {
        lab.count(|| lab.engine.transaction(|db| db.table::<Item>().by(Item::BY_CODE, KEY).first()))
    }),
    ("Query::page", |lab| lab.count(|| lab.engine.transaction(|db| db.table::<Item>().all().page(None, 1)))),
    ("Query::list, by an index", |lab| {
        lab.db(|db| db.table().insert(Item { id: Id::NEW, code: 2 * KEY }).map(drop));
        lab.count(|| lab.engine.transaction(|db| db.table::<Item>().by(Item::BY_CODE, 2 * KEY).list()))
    }),
    ("Query::list", |lab| lab.count(|| lab.engine.transaction(|db| db.table::<Item>().all().list()))),
    ("Query::count", |lab| lab.count(|| lab.engine.transaction(|db| db.table::<Item>().all().count()))),
    ("Activation::load", |lab| asked(lab, Way::Ask, Question::Load)),
    ("Activation::change", |lab| asked(lab, Way::Ask, Question::Change)),
    ("Activation::table", |lab| asked(lab, Way::Ask, Question::Table)),
    ("Activation::done_by", |lab| asked(lab, Way::Ask, Question::DoneBy)),
    ("Activation::arrived", |lab| asked(lab, Way::Fork, Question::Nothing)),
    ("Activation::branch_count", |lab| asked(lab, Way::Fork, Question::Nothing)),
    ("Activation::branch", |lab| asked(lab, Way::Fork, Question::Branch)),
    ("Activation::child", |lab| {
        let id = lab.process();
        lab.turn(id, Way::Kid);
        lab.leave(lab.kid(id));
        lab.count(|| lab.ask(id, Way::Ask, Question::Child))
    }),
    ("Activation::children", |lab| {
        let id = lab.host().process;
        lab.engine.skip(lab.newest(id), &boss()).unwrap();
        lab.count(|| lab.ask(id, Way::Ask, Question::Children))
    }),
    ("JobRun::load", |lab| worked(lab, Question::Load)),
    ("JobRun::table", |lab| worked(lab, Question::Table)),
];

/// All of them.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    [ACTS, WORK, READS, STEPS].into_iter().flatten()
}

fn asked(lab: &Lab, way: Way, question: Question) -> Cost {
    let id = lab.process();
    lab.count(|| lab.ask(id, way, question))
}

fn worked(lab: &Lab, question: Question) -> Cost {
    let id = lab.process();
    lab.ask(id, Way::Work, question).unwrap();
    lab.count(|| lab.engine.run_pending())
}

/// What asks nothing of the store by itself: what says what is to be asked, what only tells what it holds, and workers, who do what
/// `run_pending` does.
pub const ASK_NOTHING: &[&str] = &[
    "Engine::builder",
    "Engine::flows",
    "Engine::title",
    "Engine::workers",
    "Workers::stop",
    "Engine::graph",
    "Engine::history",
    "HistoryQuery::of_process",
    "HistoryQuery::by",
    "HistoryQuery::between",
    "Engine::processes",
    "ProcessQuery::visible_to",
    "ProcessQuery::with_status",
    "Engine::inbox",
    "Engine::queue",
    "Engine::archive",
    "Engine::tasks_of",
    "Engine::tasks_at",
    "TaskQuery::of",
    "TaskQuery::by_due_date",
    "TaskQuery::by_priority",
    "TaskQuery::by_follow_up",
    "OpenTask::id",
    // It never compiles: it tells what is missing.
    "OpenTask::execute",
    "AssignedTask::id",
    "OpenHandle::id",
    "OpenSubprocess::id",
    "EngineBuilder::flow",
    "EngineBuilder::clock",
    "EngineBuilder::on_event",
    "EngineBuilder::on_logged",
    "EngineBuilder::on_error",
    "EngineBuilder::subscriber",
    "EngineBuilder::lease",
    "EngineBuilder::retain",
    "EngineBuilder::keep_obsolete",
    "EngineBuilder::table",
    "Subscriber::from_the_beginning",
    "Subscriber::from_now_on",
    "Retention::forever",
    "Retention::purge_after",
    "Retention::wait_for_subscribers",
    "Retention::export",
    "Why::can_be_kept",
    "Db::table",
    "Db::now",
    "Db::actor",
    "Table::all",
    "Table::filter",
    "Table::by",
    "Query::filter",
    "Activation::db",
    "Activation::now",
    "Activation::actor",
    "JobRun::idempotency_key",
    "JobRun::db",
    "JobRun::now",
];
