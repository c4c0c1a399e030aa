//! Bad input causes a typed error that says where, and nothing is written.

use std::sync::Arc;

use serde_json::json;
use viewflow::nodes::Node;
use viewflow::prelude::*;
use viewflow::store::{Change, Commit, Store};
use viewflow::{NodeName, StoreError};

use crate::support::{boss, do_next, events, on_every_store, open_task, user};

#[derive(Entity, Clone, Debug)]
pub struct Post {
    #[id]
    pub id: Id<Post>,
    pub title: String,
}

#[derive(Process, Clone, Debug)]
#[process(seed = Ref<Post>)]
pub struct NoteProcess {
    #[field(max_length = 5)]
    pub note: String,
    pub mood: Option<u8>,
}

#[derive(Flow)]
#[flow(process = NoteProcess)]
pub struct NoteFlow {
    #[input(Option<Ref<Post>>)]
    #[call(Self::begin)]
    #[next(write)]
    start: StartHandle,

    #[fields(note)]
    #[submit(Self::written)]
    #[next(show, task_seed = |a| a.process.seed)]
    write: View,

    #[call(Self::show)]
    #[next(end)]
    show: Function<Seed<Ref<Post>>>,

    end: End,
}

impl NoteFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, post: Option<Ref<Post>>) -> Result<()> {
        a.process.seed = post;
        Ok(())
    }

    fn written(&self, a: &mut Activation<Self, ()>, form: WriteFields) -> Result<()> {
        if form.note == "loud" {
            a.process.note.push_str(", too loud");
        }
        Ok(())
    }

    fn show(&self, a: &mut Activation<Self, Seed<Ref<Post>>>) -> Result<()> {
        let title = a.load(a.task.seed)?.title;
        a.process.note = title;
        Ok(())
    }
}

struct Desk {
    engine: Engine,
    post: Ref<Post>,
    id: ProcessId,
    task: TaskId,
}

fn at_a_desk(test: impl Fn(&Desk)) {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(NoteFlow::new()).build().unwrap();
        let post = Post { id: Id::NEW, title: "short".to_owned() };
        let post = engine.transaction(|db| db.table().insert(post.clone())).unwrap();
        let id = engine.run(NoteFlow::start, Some(post)).unwrap().id;
        let task = open_task(&engine, NoteFlow::write, id).id;
        test(&Desk { engine, post, id, task });
    });
}

impl Desk {
    fn write(&self, note: &str) -> Result<()> {
        let ann = user("ann");
        let task = self.engine.task(NoteFlow::write, self.task)?.assign(&ann)?;
        task.execute(&ann, WriteFields { note: note.to_owned() })
    }

    /// The error of `act`, which must not have written anything.
    fn refused<T: std::fmt::Debug>(&self, act: impl FnOnce() -> Result<T>) -> Error {
        let state = || {
            let tasks = self.engine.tasks(self.id, 0, 100).unwrap();
            (self.engine.process_record(self.id).unwrap(), tasks, events(&self.engine, self.id))
        };
        let before = state();
        let error = act().unwrap_err();
        assert_eq!(state(), before, "nothing is written");
        error
    }
}

#[test]
fn what_is_not_there_is_named() {
    at_a_desk(|desk| {
        let engine = &desk.engine;
        let told = |error: Error, text: &str| assert_eq!(error.to_string(), text);
        told(engine.process::<NoteFlow>(ProcessId(99)).unwrap_err(), "there is no process 99");
        told(engine.task(NoteFlow::write, "99/1".parse().unwrap()).unwrap_err(), "there is no task 99/1");
        told(engine.assign("1/99".parse().unwrap(), &user("ann")).unwrap_err(), "there is no task 1/99");
        told(engine.assign("99/1".parse().unwrap(), &user("ann")).unwrap_err(), "there is no task 99/1");
        let name = |flow: &str, node: &str| NodeName { flow: flow.to_owned(), node: node.to_owned() };
        let start = |name: &NodeName| engine.desk(&user("ann")).start(name, &viewflow::Document::new()).unwrap_err();
        told(start(&name("no", "x")), "flow `no` is not known here: give it to `Engine::builder(..).flow(..)`");
        told(start(&name("note", "x")), "flow `note` has no node `x` that a person starts");
        told(start(&name("note", "write")), "flow `note` has no node `write` that a person starts");
        assert!("1".parse::<TaskId>().is_err() && "1/x".parse::<TaskId>().is_err() && "/".parse::<TaskId>().is_err());
    });
}

#[test]
fn a_start_for_code_is_not_started_by_a_form() {
    at_a_desk(|desk| {
        let start = NoteFlow::start.full_name();
        let error = desk.refused(|| desk.engine.desk(&user("ann")).start(&start, &viewflow::Document::new()));
        assert_eq!(error.to_string(), "flow `note` has no node `start` that a person starts");
    });
}

#[test]
fn a_task_of_another_node_is_refused() {
    at_a_desk(|desk| {
        let start = TaskId { process: desk.id, ordinal: 1 };
        let error = desk.refused(|| desk.engine.task(NoteFlow::write, start));
        assert_eq!(
            error.to_string(),
            "task 1/1 is of `note.start`, not of `note.write`: use the node handle of its own node"
        );
    });
}

#[test]
fn a_task_that_is_done_cannot_be_done_again() {
    at_a_desk(|desk| {
        desk.write("hi").unwrap();
        for error in [
            desk.refused(|| desk.write("ho")),
            desk.refused(|| desk.engine.unassign(desk.task, &user("ann"))),
            desk.refused(|| desk.engine.desk(&user("ann")).execute(desk.task, &viewflow::Document::new())),
        ] {
            assert!(matches!(error, Error::WrongStatus { status: TaskStatus::Done, .. }), "{error}");
        }
    });
}

#[test]
fn a_task_nobody_has_or_somebody_else_has_cannot_be_done() {
    at_a_desk(|desk| {
        let form = json!({"note": "hi"}).as_object().cloned().unwrap();
        let error = desk.refused(|| desk.engine.desk(&user("ann")).execute(desk.task, &form));
        assert!(matches!(error, Error::WrongStatus { status: TaskStatus::New, .. }), "{error}");
        desk.engine.assign(desk.task, &user("bob")).unwrap();
        // Ann does not see what bob has, and the boss sees it.
        let error = desk.refused(|| desk.engine.desk(&user("ann")).execute(desk.task, &form));
        assert!(matches!(error, Error::NoTask(_)), "{error}");
        for error in [
            desk.refused(|| desk.engine.desk(&boss()).execute(desk.task, &form)),
            desk.refused(|| desk.engine.unassign(desk.task, &user("ann"))),
            desk.refused(|| desk.engine.assign(desk.task, &user("ann"))),
        ] {
            assert!(matches!(&error, Error::NotOwner { owner, .. } if owner.as_str() == "bob"), "{error}");
        }
    });
}

#[test]
fn automatic_tasks_are_nobody_s() {
    at_a_desk(|desk| {
        desk.write("hi").unwrap();
        let shown = TaskId { process: desk.id, ordinal: 3 };
        assert_eq!(desk.engine.task_record(shown).unwrap().node, "show");
        let error = desk.refused(|| desk.engine.assign(shown, &user("ann")));
        assert!(matches!(error, Error::WrongStatus { .. }), "{error}");
        let error = desk.refused(|| desk.engine.desk(&boss()).form(shown));
        assert_eq!(error.to_string(), "flow `note` has no node `show` with a form");
    });
}

#[test]
fn a_handler_that_breaks_a_rule_of_a_field_is_told_its_node_and_field() {
    at_a_desk(|desk| {
        desk.engine.assign(desk.task, &user("ann")).unwrap();
        let error = desk.refused(|| desk.write("loud"));
        assert_eq!(
            error.to_string(),
            "`note.write` of process 1 (task 1/2): `note` must not be longer than 5 (it is 14 long)"
        );
    });
}

#[test]
fn a_missing_seed_fails_the_step_that_should_give_it() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(NoteFlow::new()).build().unwrap();
        let id = engine.run(NoteFlow::start, None).unwrap().id;
        let task = open_task(&engine, NoteFlow::write, id).id;
        engine.assign(task, &user("ann")).unwrap();
        let form = json!({"note": "hi"}).as_object().cloned().unwrap();
        let error = engine.desk(&user("ann")).execute(task, &form).unwrap_err().to_string();
        assert!(
            error.starts_with("`note.write` of process 1 (task 1/2): the seed that this edge should give is empty"),
            "{error}"
        );
        assert_eq!(open_task(&engine, NoteFlow::write, id).status, TaskStatus::Assigned);
    });
}

#[test]
fn a_dangling_reference_is_told_where_it_is_loaded() {
    at_a_desk(|desk| {
        desk.engine.transaction(|db| db.table::<Post>().delete(desk.post)).unwrap();
        desk.engine.assign(desk.task, &user("ann")).unwrap();
        let error = desk.refused(|| desk.write("hi"));
        assert_eq!(error.to_string(), "`note.show` of process 1 (task 1/3): table `post` has no row 1");
    });
}

#[test]
fn a_document_that_does_not_fit_is_told_with_process_and_field() {
    let store = Arc::new(MemoryStore::new());
    let engine = Engine::builder(Arc::clone(&store)).flow(NoteFlow::new()).build().unwrap();
    let id = engine.run(NoteFlow::start, None).unwrap().id;
    let mut new = Box::new(store.process_data(id).unwrap().unwrap());
    new.data.insert("mood".to_owned(), json!("gloomy"));
    let change = Change::Data { process: id, new };
    store.commit(Commit { changes: vec![change], ..Commit::default() }).unwrap().wait().unwrap();
    let error = engine.process::<NoteFlow>(id).unwrap_err();
    assert_eq!(error.to_string(), "process 1 (flow `note`): `mood` must be a whole number from 0 to 255");
    let task = open_task(&engine, NoteFlow::write, id).id;
    engine.assign(task, &user("ann")).expect("who has a task does not depend on the document");
    let form = json!({"note": "hi"}).as_object().cloned().unwrap();
    engine.desk(&user("ann")).execute(task, &form).unwrap_err();
    assert_eq!(engine.task_record(task).unwrap().status, TaskStatus::Assigned);
}

#[test]
fn a_damaged_record_is_named_and_the_others_are_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    {
        let engine = Engine::builder(SledStore::open(directory.path()).unwrap()).flow(NoteFlow::new()).build().unwrap();
        engine.run(NoteFlow::start, None).unwrap();
        engine.run(NoteFlow::start, None).unwrap();
    }
    viewflow_test_damage(directory.path());
    let engine = Engine::builder(SledStore::open(directory.path()).unwrap()).flow(NoteFlow::new()).build().unwrap();
    let error = engine.process::<NoteFlow>(ProcessId(1)).unwrap_err();
    let Error::Store(StoreError::Damaged { what, .. }) = &error else { panic!("{error}") };
    assert_eq!(what, "process 1 or one of its tasks");
    assert!(engine.run(NoteFlow::start, None).is_ok());
    assert_eq!(engine.process::<NoteFlow>(ProcessId(2)).unwrap().id, ProcessId(2));
    let second = open_task(&engine, NoteFlow::write, ProcessId(2)).id;
    engine.assign(second, &user("ann")).unwrap();
    engine.unassign(second, &user("ann")).unwrap();
    do_next_fails_for_want_of_a_seed(&engine);
}

fn do_next_fails_for_want_of_a_seed(engine: &Engine) {
    let task = open_task(engine, NoteFlow::write, ProcessId(2)).id;
    let ann = user("ann");
    let task = engine.task(NoteFlow::write, task).unwrap().assign(&ann).unwrap();
    task.execute(&ann, WriteFields { note: "hi".to_owned() }).unwrap_err();
}

/// Changes one byte of the first process's record.
fn viewflow_test_damage(path: &std::path::Path) {
    // sled lets go of its files a moment after it was dropped.
    let closed = |_| sled::open(path).map_err(|_| std::thread::sleep(std::time::Duration::from_millis(5))).ok();
    let db = (0..1000).find_map(closed).expect("the database is closed");
    let (key, value) = db.scan_prefix(b"p").next().unwrap().unwrap();
    let mut value = value.to_vec();
    value[40] ^= 1;
    db.insert(key, value).unwrap();
    db.flush().unwrap();
}

#[test]
fn what_a_healthy_desk_does_works() {
    at_a_desk(|desk| {
        do_next(&desk.engine, NoteFlow::write, desk.id, WriteFields { note: "hi".to_owned() });
        assert_eq!(desk.engine.process::<NoteFlow>(desk.id).unwrap().note, "short");
    });
}
