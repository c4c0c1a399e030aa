//! Actions of people at the desk: by name, as JSON, on what waits for code, too.

use std::sync::Arc;

use serde_json::{Value, json};
use viewflow::desk::{ProcessCommand, TaskCommand};
use viewflow::engine::Delivery;
use viewflow::nodes::Node;
use viewflow::people::{Contact, Directory, DirectoryError, Object};
use viewflow::prelude::*;
use viewflow::{Anonymous, Document, NodeName, Store, User};

use crate::support::{Names, boss, complaints, events, on_every_store, open_task, user};

#[derive(Entity, Clone, Debug)]
pub struct Shelf {
    #[id]
    pub id: Id<Shelf>,
}

#[derive(Form, Clone, Debug)]
pub struct Paid {
    #[field(min = 1)]
    pub cents: u32,
    pub shelf: Option<Ref<Shelf>>,
}

#[derive(Process, Clone, Debug)]
pub struct Payment {
    pub cents: u32,
    pub counted: u32,
}

#[derive(Flow)]
#[flow(process = Payment, name = "pay")]
pub struct PayFlow {
    #[input(Paid)]
    #[call(Self::begin)]
    #[next(bank)]
    start: StartHandle,

    #[input(u32)]
    #[call(Self::noted)]
    #[next(bank)]
    counted: StartHandle,

    #[permission("pay.open")]
    #[next(bank)]
    open: Start,

    #[input(Paid)]
    #[call(Self::paid)]
    #[next(count)]
    bank: Handle,

    #[input(u32)]
    #[call(Self::noted)]
    #[next(ring)]
    count: Handle,

    #[next(parts)]
    ring: Handle,

    #[child(PartFlow::start, process_data_source = |a| [PayFlow::part(a.process.cents)])]
    #[next(receipt)]
    parts: NSubprocess,

    #[message(Receipt, key = |a| a.process.cents)]
    #[next(end)]
    receipt: MessageCatch,

    end: End,
}

impl PayFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, form: Paid) -> Result<()> {
        a.process.cents = form.cents;
        Ok(())
    }

    fn paid(&self, a: &mut Activation<Self, ()>, form: Paid) -> Result<()> {
        if form.cents == 13 {
            return Err(Error::field("cents", "must not be 13"));
        }
        a.process.cents = form.cents;
        Ok(())
    }

    fn noted(&self, a: &mut Activation<Self, ()>, pieces: u32) -> Result<()> {
        a.process.counted = pieces;
        Ok(())
    }

    fn part(pieces: u32) -> Part {
        Part { pieces, shelf: None }
    }
}

#[derive(Message, Clone, Debug)]
#[message(key = cents, latch = keep)]
pub struct Receipt {
    pub cents: u32,
    #[field(key = "note_text", max_length = 5)]
    pub note: Option<String>,
}

#[derive(Process, Clone, Debug)]
#[process(seed = u8)]
pub struct Part {
    #[field(key = "stored_pieces", max = 10)]
    pub pieces: u32,
    pub shelf: Option<Ref<Shelf>>,
}

#[derive(Flow)]
#[flow(process = Part, name = "part")]
pub struct PartFlow {
    #[next(pack)]
    start: StartHandle,
    #[candidates(group = "packers")]
    #[next(end)]
    pack: View,
    end: End,
}

/// Somebody with some permissions, each on all or on a process.
struct Somebody(&'static str, &'static [(&'static str, Option<u64>)]);

impl User for Somebody {
    fn id(&self) -> UserId {
        UserId::new(self.0)
    }

    fn has_permission(&self, permission: &str, object: Option<&Object>) -> bool {
        self.1.iter().any(|(name, process)| {
            *name == permission
                && match (process, object) {
                    (None, _) => true,
                    (Some(number), Some(Object::Process { id, .. })) => id.0 == *number,
                    _ => false,
                }
        })
    }
}

const STRANGER: Somebody = Somebody("stranger", &[]);
const VIEWER: Somebody = Somebody("viewer", &[("pay.view", None), ("part.view", None)]);
const MANAGER: Somebody = Somebody("manager", &[("pay.manage", None)]);
const OF_ONE: Somebody = Somebody("of one", &[("pay.manage", Some(1))]);

fn sent(value: Value) -> Document {
    match value {
        Value::Object(document) => document,
        other => panic!("{other} is no document"),
    }
}

fn command(value: Value) -> TaskCommand {
    serde_json::from_value(value).unwrap()
}

fn run(input: Value) -> TaskCommand {
    command(json!({"action": "run", "input": input}))
}

fn engine(store: &Arc<dyn Store>) -> Engine {
    Engine::builder(Arc::clone(store)).flow(PayFlow::new()).flow(PartFlow::new()).people(Names).build().unwrap()
}

fn with_engine(test: impl Fn(&Engine)) {
    on_every_store(|store| test(&engine(&store)));
}

fn at<N: Node>(engine: &Engine, node: N, id: ProcessId) -> TaskId {
    open_task(engine, node, id).id
}

/// A process that has come to its sub-process.
fn with_parts(engine: &Engine) -> (ProcessId, TaskId) {
    let id = engine.run(PayFlow::start, Paid { cents: 7, shelf: None }).unwrap().id;
    for (node, input) in [("bank", json!({"cents": 7})), ("ring", json!({}))] {
        if node == "ring" {
            engine.task(PayFlow::count, at(engine, PayFlow::count, id)).unwrap().run(2).unwrap();
        }
        let task = engine.tasks(id, 0, 100).unwrap().into_iter().find(|task| task.node == node).unwrap().id;
        engine.desk(&MANAGER).act(task, &run(input)).unwrap();
    }
    (id, at(engine, PayFlow::parts, id))
}

#[test]
fn what_waits_for_code_is_done_by_a_manager_with_json_of_its_form() {
    with_engine(|engine| {
        let id = engine.run(PayFlow::start, Paid { cents: 1, shelf: None }).unwrap().id;
        let task = at(engine, PayFlow::bank, id);
        let pay = |by: &Somebody, input: Value| engine.desk(by).act(task, &run(input));
        assert!(matches!(pay(&STRANGER, json!({"cents": 5})), Err(Error::NoTask(of)) if of == task));
        let error = pay(&VIEWER, json!({"cents": 5})).unwrap_err();
        let place = format!("`pay.bank` of process {id} (task {task})");
        assert_eq!(
            error.to_string(),
            format!("{place}: `viewer` may not run this: that takes the permission `pay.manage`")
        );
        assert_eq!(
            complaints(pay(&MANAGER, json!({"cents": 0, "shelf": 77, "euros": 1}))),
            [
                "cents: must be at least 1",
                "euros: is no field of this form",
                "shelf: refers to row 77 of `shelf`, which does not exist"
            ]
        );
        assert_eq!(complaints(pay(&MANAGER, json!({"cents": 13}))), ["cents: must not be 13"]);
        assert_eq!(open_task(engine, PayFlow::bank, id).id, task, "nothing has happened");
        let form = engine.desk(&OF_ONE).form(task).unwrap();
        assert_eq!(form.fields.iter().map(|field| field.name).collect::<Vec<_>>(), ["cents", "shelf"]);
        assert!(engine.actions(task, &OF_ONE).unwrap().contains(&viewflow::lifecycle::Action::Run));
        assert!(!engine.actions(task, &VIEWER).unwrap().contains(&viewflow::lifecycle::Action::Run));
        engine.desk(&OF_ONE).because("by phone").act(task, &run(json!({"cents": 5}))).unwrap();
        assert_eq!(engine.process::<PayFlow>(id).unwrap().cents, 5);
        let done = engine.events(id, 0, 100).unwrap().into_iter().rfind(|event| event.reason.is_some()).unwrap();
        assert_eq!((done.actor, done.reason.as_deref()), (Some(user("of one")), Some("by phone")));
        let error = pay(&MANAGER, json!({"cents": 5})).unwrap_err();
        assert!(matches!(error, Error::WrongStatus { status: TaskStatus::Done, .. }), "{error}");
    });
}

#[test]
fn an_input_that_is_no_form_is_told_with_the_way_out_and_none_at_all_is_empty() {
    with_engine(|engine| {
        let id = engine.run(PayFlow::start, Paid { cents: 1, shelf: None }).unwrap().id;
        engine.task(PayFlow::bank, at(engine, PayFlow::bank, id)).unwrap().run(Paid { cents: 2, shelf: None }).unwrap();
        let count = at(engine, PayFlow::count, id);
        let error = engine.desk(&MANAGER).act(count, &run(json!({}))).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "`pay.count` of process {id} (task {count}): takes a `u32`, which a face cannot send: make it a struct or an \
                 enum with `#[derive(Form, Clone)]`"
            )
        );
        assert!(matches!(engine.desk(&MANAGER).form(count), Err(Error::NoNode { .. })));
        // Nobody can execute it, and the message says how it is done.
        let error = engine.desk(&boss()).execute(count, &Document::new()).unwrap_err().to_string();
        assert!(error.contains("`Handle`") && error.contains("by the command `run`"), "{error}");
        engine.task(PayFlow::count, count).unwrap().run(3).unwrap();
        let ring = at(engine, PayFlow::ring, id);
        let told = complaints(engine.desk(&MANAGER).act(ring, &run(json!({"loud": true}))));
        assert_eq!(told, ["loud: is no field of this form"]);
        engine.desk(&MANAGER).act(ring, &command(json!({"action": "run"}))).unwrap();
        assert_eq!(open_task(engine, PayFlow::parts, id).status, TaskStatus::Started);
    });
}

#[test]
fn a_start_for_code_is_run_by_a_manager_of_all_processes() {
    with_engine(|engine| {
        let (start, counted) = (PayFlow::start.full_name(), PayFlow::counted.full_name());
        let input = sent(json!({"cents": 5}));
        for somebody in [&STRANGER, &VIEWER, &OF_ONE] {
            let error = engine.desk(somebody).run(&start, &input).unwrap_err().to_string();
            let told =
                format!("`pay.start`: `{}` may not run this: that takes the permission `pay.manage`", somebody.0);
            assert_eq!(error, told);
        }
        assert!(matches!(engine.desk(&Anonymous).run(&start, &input), Err(Error::Forbidden { .. })));
        assert_eq!(complaints(engine.desk(&MANAGER).run(&start, &Document::new())), ["cents: is required"]);
        assert!(matches!(engine.desk(&MANAGER).run(&counted, &input), Err(Error::NoForm { input: "u32", .. })));
        assert!(matches!(engine.desk(&MANAGER).run(&PayFlow::open.full_name(), &input), Err(Error::NoNode { .. })));
        assert!(matches!(engine.desk(&boss()).start(&start, &input), Err(Error::NoNode { .. })));
        assert!(engine.processes::<PayFlow>().list().unwrap().is_empty());
        let id = engine.desk(&MANAGER).run(&start, &input).unwrap();
        assert_eq!(engine.process::<PayFlow>(id).unwrap().cents, 5);
        assert_eq!(engine.process_record(id).unwrap().started_by, Some(user("manager")));
    });
}

#[test]
fn a_child_is_added_with_json_of_its_process_and_complaints_have_paths() {
    with_engine(|engine| {
        let (_, parts) = with_parts(engine);
        let add = |by: &Somebody, seed: Value, data: Value| {
            engine.desk(by).act(parts, &command(json!({"action": "add_child", "seed": seed, "data": data})))
        };
        assert!(matches!(add(&STRANGER, json!(1), json!({})), Err(Error::NoTask(_))));
        assert!(matches!(add(&VIEWER, json!(1), json!({})), Err(Error::Forbidden { .. })));
        let refused = add(&MANAGER, json!(300), json!({"pieces": 11, "shelf": 9, "stored_pieces": 1}));
        assert_eq!(
            complaints(refused),
            [
                "data.pieces: must be at most 10",
                "data.shelf: refers to row 9 of `shelf`, which does not exist",
                "data.stored_pieces: is no field of this form",
                "seed: must be a whole number from 0 to 255"
            ]
        );
        let of_parts = || engine.task(PayFlow::parts, parts).unwrap().children().unwrap();
        assert_eq!(of_parts().len(), 1);
        let child = add(&MANAGER, json!(3), json!({"pieces": 4})).unwrap().process.unwrap();
        let last = of_parts().pop().unwrap();
        assert_eq!((last.id, last.pieces, last.seed), (child, 4, Some(3)));
        // Without either: what the process begins with.
        let child =
            engine.desk(&MANAGER).act(parts, &command(json!({"action": "add_child"}))).unwrap().process.unwrap();
        assert_eq!((of_parts().len(), of_parts().pop().unwrap().id), (3, child));
        assert!(of_parts().pop().unwrap().seed.is_none());
    });
}

#[test]
fn messages_take_the_permission_of_their_name() {
    with_engine(|engine| {
        let receipt = sent(json!({"cents": 7, "note": "thx"}));
        let error = engine.desk(&MANAGER).send("receipt", &receipt).unwrap_err().to_string();
        let told = "message `receipt`: `manager` may not send this: that takes the permission `receipt.send`";
        assert_eq!(error, told);
        assert!(matches!(engine.desk(&Anonymous).send("receipt", &receipt), Err(Error::Forbidden { .. })));
        let clerk = Somebody("clerk", &[("receipt.send", None)]);
        let told = complaints(engine.desk(&clerk).send("receipt", &sent(json!({"note": "much too long", "to": 1}))));
        let expected =
            ["cents: is required", "note: must not be longer than 5 (it is 13 long)", "to: is no field of this form"];
        assert_eq!(told, expected);
        assert!(matches!(engine.desk(&clerk).send("recipt", &receipt), Err(Error::NobodyListens { .. })));
        assert_eq!(engine.desk(&clerk).send("receipt", &receipt).unwrap(), Delivery::Kept);
    });
}

#[test]
fn a_task_goes_to_people_of_the_directory_with_their_rights() {
    on_every_store(|store| {
        let (_, parts) = with_parts(&engine(&store));
        let alone = Engine::builder(Arc::clone(&store)).flow(PayFlow::new()).flow(PartFlow::new()).build().unwrap();
        let child = alone.task(PayFlow::parts, parts).unwrap().children().unwrap().remove(0).id;
        let pack = at(&alone, PartFlow::pack, child);
        let to = |engine: &Engine, to: &str| {
            engine.desk(&boss()).act(pack, &command(json!({"action": "reassign", "to": to}))).map(drop)
        };
        let error = to(&alone, "ann").unwrap_err();
        assert!(matches!(error, Error::NoDirectory), "{error}");
        assert!(error.to_string().contains("`Engine::builder(..).people(..)`"), "{error}");
        assert!(matches!(alone.desk(&boss()).people("", 9), Err(Error::NoDirectory)));
        drop(alone);
        let engine = Engine::builder(store).flow(PayFlow::new()).flow(PartFlow::new()).people(Packers).build().unwrap();
        assert!(matches!(to(&engine, "eve"), Err(Error::NoPerson(name)) if name == user("eve")));
        let error = to(&engine, "bob").unwrap_err();
        assert!(matches!(&error, Error::Forbidden { user: of, .. } if *of == user("bob")), "{error}");
        assert!(matches!(to(&engine, "gone"), Err(Error::Forbidden { .. })), "who is not active");
        assert!(matches!(to(&engine, "lost"), Err(Error::Handler { .. } | Error::Other(_))));
        // A person that may not see the task does not learn which people exist.
        let blind = engine.desk(&STRANGER).act(pack, &command(json!({"action": "reassign", "to": "eve"})));
        assert!(matches!(blind, Err(Error::NoTask(_))));
        to(&engine, "ann").unwrap();
        assert_eq!(open_task(&engine, PartFlow::pack, child).owner, Some(user("ann")));
        let on = engine.desk(&Packer("ann")).act(pack, &command(json!({"action": "delegate", "to": "bob"})));
        on.unwrap();
        assert_eq!(open_task(&engine, PartFlow::pack, child).doers().count(), 2);
        let found = engine.desk(&STRANGER).people("", 2).unwrap();
        assert_eq!(
            serde_json::to_value(&found).unwrap(),
            json!([{"id": "ann", "title": "Ann"}, {"id": "bob", "title": "Bob"}])
        );
        assert_eq!(engine.desk(&STRANGER).people("", usize::MAX).unwrap().len(), 100);
        assert!(matches!(engine.desk(&Anonymous).people("", 2), Err(Error::Forbidden { .. })));
    });
}

/// Ann packs, bob does not, one person is gone, and the directory cannot read another.
struct Packers;

struct Packer(&'static str);

impl User for Packer {
    fn id(&self) -> UserId {
        UserId::new(self.0)
    }

    fn groups(&self) -> Vec<String> {
        if self.0 == "bob" { Vec::new() } else { vec!["packers".to_owned()] }
    }

    fn is_active(&self) -> bool {
        self.0 != "gone"
    }
}

impl Directory for Packers {
    fn person(&self, id: &UserId) -> Result<Option<Box<dyn User>>, DirectoryError> {
        if id.as_str() == "lost" {
            return Err("no connection".into());
        }
        let found = ["ann", "bob", "gone"].into_iter().find(|name| *name == id.as_str());
        Ok(found.map(|name| Box::new(Packer(name)) as Box<dyn User>))
    }

    /// More than are asked for.
    fn search(&self, _: &str, _: usize) -> Result<Vec<Contact>, DirectoryError> {
        let contact = |number| match number {
            0 => Contact::new(user("ann"), "Ann"),
            1 => Contact::new(user("bob"), "Bob"),
            number => Contact::new(UserId::new(format!("p{number}")), "P"),
        };
        Ok((0..200).map(contact).collect())
    }
}

#[test]
fn a_start_is_shown_and_begun_by_those_who_may() {
    with_engine(|engine| {
        let open = PayFlow::open.full_name();
        let opener = Somebody("opener", &[("pay.open", None)]);
        let forbidden = |told: Result<()>| {
            assert!(matches!(told, Err(Error::Forbidden { .. })), "{told:?}");
        };
        for desk in [engine.desk(&STRANGER), engine.desk(&OF_ONE)] {
            forbidden(desk.start(&open, &Document::new()).map(drop));
            forbidden(desk.start_form(&open).map(drop));
            forbidden(desk.fill_in_start(&open, &Document::new()).map(drop));
            forbidden(desk.draft_start(&open, &Document::new()));
        }
        let nobody = NodeName { flow: "pay".to_owned(), node: "bank".to_owned() };
        assert!(matches!(engine.desk(&opener).start(&nobody, &Document::new()), Err(Error::NoNode { .. })));
        engine.desk(&opener).start_form(&open).unwrap();
        let id = engine.desk(&opener).because("asked by mail").start(&open, &Document::new()).unwrap();
        let first = engine.events(id, 0, 1).unwrap().remove(0);
        assert_eq!((first.actor, first.reason.as_deref()), (Some(user("opener")), Some("asked by mail")));
    });
}

#[test]
fn going_back_names_a_node_of_the_flow() {
    with_engine(|engine| {
        let (id, parts) = with_parts(engine);
        let back = |node: &str| {
            let command: ProcessCommand = serde_json::from_value(json!({"action": "go_back", "node": node})).unwrap();
            engine.desk(&MANAGER).act_on(id, &command)
        };
        assert!(matches!(back("bnak"), Err(Error::NoNode { node, .. }) if node == "bnak"));
        assert!(matches!(back("receipt"), Err(Error::NoneListed(_))));
        let task = back("count").unwrap().task.unwrap();
        assert_eq!(at(engine, PayFlow::count, id), task);
        assert!(engine.task_record(parts).unwrap().status.is_final());
        assert!(events(engine, id).iter().any(|event| event.contains("count")));
    });
}

#[test]
fn who_acts_on_what_is_not_so_any_more_is_told_that_somebody_was_faster() {
    with_engine(|engine| {
        let (_, parts) = with_parts(engine);
        let child = engine.task(PayFlow::parts, parts).unwrap().children().unwrap().remove(0).id;
        let pack = at(engine, PartFlow::pack, child);
        let tag = || engine.task_record(pack).unwrap().event;
        let (ann, lea) = (Packer("ann"), Packer("lea"));
        let seen = tag();
        engine.desk(&ann).seen(seen).act(pack, &TaskCommand::Assign).unwrap();
        assert!(tag() > seen);
        let now = tag();
        for (refused, at) in [
            (engine.desk(&ann).seen(seen).execute(pack, &Document::new()), seen),
            (engine.desk(&ann).seen(now + 1).execute(pack, &Document::new()), now + 1),
            (engine.desk(&boss()).seen(seen).act(pack, &TaskCommand::CancelTask).map(drop), seen),
            (engine.desk(&boss()).seen(seen).act(pack, &TaskCommand::GoBack).map(drop), seen),
        ] {
            let error = refused.unwrap_err();
            let told = matches!(error, Error::Overtaken { seen, now: is, .. } if seen == at && is == now);
            assert!(told, "{error}");
            assert_eq!(error.reply(), viewflow::error::Reply::Overtaken);
        }
        // Lea no longer sees the task, nor that something has happened to it.
        let unseen = engine.desk(&lea).seen(seen).act(pack, &TaskCommand::Assign);
        assert!(matches!(unseen, Err(Error::NoTask(_))));
        assert_eq!((tag(), engine.task_record(pack).unwrap().owner), (now, Some(user("ann"))));
        // A draft is no event: who goes on to fill in need not look again.
        engine.desk(&ann).seen(now).draft(pack, &Document::new()).unwrap();
        engine.desk(&ann).seen(now).execute(pack, &Document::new()).unwrap();
    });
}

#[test]
fn people_who_had_a_task_or_took_part_are_told_why_they_may_not() {
    with_engine(|engine| {
        let (id, parts) = with_parts(engine);
        let child = engine.task(PayFlow::parts, parts).unwrap().children().unwrap().remove(0).id;
        let pack = at(engine, PartFlow::pack, child);
        let (ann, lea) = (Packer("ann"), Packer("lea"));
        engine.assign(pack, &ann).unwrap();
        engine.unassign(pack, &ann).unwrap();
        engine.assign(pack, &lea).unwrap();
        let cancel = |by: &dyn User, process: ProcessId| {
            let command = ProcessCommand::Cancel;
            engine.desk(&by).act_on(process, &command).unwrap_err()
        };
        let error = engine.desk(&ann).execute(pack, &Document::new()).unwrap_err();
        assert!(matches!(&error, Error::NotOwner { owner, .. } if *owner == user("lea")), "{error}");
        assert!(matches!(cancel(&ann, child), Error::Forbidden { .. }));
        assert!(matches!(cancel(&ann, id), Error::NoProcess(of) if of == id), "of the parent she knows nothing");
        assert!(matches!(cancel(&STRANGER, child), Error::NoProcess(_)));
    });
}
