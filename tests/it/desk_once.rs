//! An action with a key happens once, however often it is sent.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use viewflow::desk::{ProcessCommand, TaskCommand};
use viewflow::engine::{Delivery, ManualClock, Retention};
use viewflow::error::Reply;
use viewflow::nodes::Node;
use viewflow::prelude::*;
use viewflow::{Document, Store, Timestamp, User};

use crate::support::{boss, complaints, manual, on_every_store, open_task, user};

const ONCE: &str = "viewflow.once";
const DAY: Duration = Duration::from_hours(24);
/// An order of this size takes a while.
const SLOW: u32 = 7;

#[derive(Process, Clone, Debug)]
pub struct Order {
    #[field(max = 9)]
    pub pieces: u32,
}

#[derive(Form, Clone, Debug)]
pub struct Pieces {
    #[field(max = 9)]
    pub pieces: u32,
}

#[derive(Message, Clone, Debug)]
#[message(key = pieces, latch = keep)]
pub struct Parcel {
    pub pieces: u32,
}

#[derive(Flow)]
#[flow(process = Order, name = "order")]
pub struct OrderFlow {
    #[form(Pieces)]
    #[submit(Self::begin)]
    #[next(check)]
    start: Start,

    #[input(Pieces)]
    #[call(Self::begin)]
    #[next(check)]
    by_code: StartHandle,

    #[fields(pieces)]
    #[next(wait)]
    check: View,

    #[message(Parcel, key = |a| a.process.pieces)]
    #[next(end)]
    wait: MessageCatch,

    end: End,
}

impl OrderFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, form: Pieces) -> Result<()> {
        if form.pieces == SLOW {
            thread::sleep(Duration::from_millis(3));
        }
        a.process.pieces = form.pieces;
        Ok(())
    }
}

/// Ann, who has left.
struct Gone;

impl User for Gone {
    fn id(&self) -> UserId {
        user("ann")
    }

    fn is_active(&self) -> bool {
        false
    }
}

fn sent(value: Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn pieces(pieces: u32) -> Document {
    sent(json!({"pieces": pieces}))
}

fn over(store: &Arc<dyn Store>) -> (Engine, Arc<ManualClock>) {
    let (builder, clock) = manual(Arc::clone(store));
    (builder.flow(OrderFlow::new()).retain(Retention::purge_after(Duration::from_hours(1))).build().unwrap(), clock)
}

fn processes(engine: &Engine) -> usize {
    engine.processes::<OrderFlow>().list().unwrap().len()
}

fn kept(store: &dyn Store) -> usize {
    store.row_ids(ONCE, 0, 1000).unwrap().len()
}

/// All that is stored of a process.
fn everything(engine: &Engine, id: ProcessId) -> String {
    let (tasks, events) = (engine.tasks(id, 0, 100).unwrap(), engine.events(id, 0, 1000).unwrap());
    format!("{:?}\n{tasks:?}\n{events:?}", engine.process_record(id).unwrap())
}

#[test]
fn an_action_that_is_sent_again_changes_nothing_and_tells_what_the_first_one_told() {
    on_every_store(|store| {
        let (engine, _) = over(&store);
        let (ann, start) = (user("ann"), OrderFlow::start.full_name());
        let twice = |act: &dyn Fn(&Engine) -> Value| {
            let first = act(&engine);
            let before = (processes(&engine), kept(&*store));
            // Another engine knows of it, too.
            assert_eq!(act(&over(&store).0), first);
            assert_eq!((processes(&engine), kept(&*store)), before);
            first
        };
        let id = twice(&|engine| json!(engine.desk(&ann).once("start").start(&start, &pieces(3)).unwrap()));
        let id = ProcessId(id.as_u64().unwrap());
        assert_eq!(processes(&engine), 1);
        let code = OrderFlow::by_code.full_name();
        twice(&|engine| json!(engine.desk(&boss()).once("run").run(&code, &pieces(4)).unwrap()));
        assert_eq!(processes(&engine), 2);
        let task = open_task(&engine, OrderFlow::check, id).id;
        twice(&|engine| json!(engine.desk(&ann).once("take").act(task, &TaskCommand::Assign).unwrap()));
        twice(&|engine| json!(engine.desk(&ann).once("draft").draft(task, &pieces(8)).unwrap()));
        twice(&|engine| json!(engine.desk(&ann).once("do").execute(task, &pieces(5)).unwrap()));
        // The command says the same as the method.
        let command = TaskCommand::Execute { form: pieces(5) };
        let before = everything(&engine, id);
        let repeated = engine.desk(&ann).once("do").act(task, &command).unwrap();
        assert_eq!((repeated.task, repeated.process, repeated.tag.is_some()), (None, None, true));
        let again = twice(&|engine| json!(engine.desk(&boss()).once("undo").act(task, &TaskCommand::Undo).unwrap()));
        assert_ne!(everything(&engine, id), before);
        assert_eq!(again["task"], json!(open_task(&engine, OrderFlow::check, id).id));
        let suspend = ProcessCommand::Suspend;
        twice(&|engine| json!(engine.desk(&boss()).once("rest").act_on(id, &suspend).unwrap()));
        let parcel = |engine: &Engine| engine.desk(&boss()).once("parcel").send("parcel", &pieces(77)).unwrap();
        assert_eq!([parcel(&engine), parcel(&engine)], [Delivery::Kept; 2]);
        assert_eq!(store.row_ids("viewflow.letter", 0, 9).unwrap().len(), 1, "one is kept");
        engine.desk(&ann).draft_start(&start, &pieces(1)).unwrap();
        assert!(engine.desk(&ann).once("drop").drop_start_draft(&start).unwrap());
        assert!(engine.desk(&ann).once("drop").drop_start_draft(&start).unwrap(), "as it told first");
        assert!(!engine.desk(&ann).drop_start_draft(&start).unwrap());
    });
}

#[test]
fn another_action_under_a_key_is_refused_and_another_person_has_keys_of_their_own() {
    on_every_store(|store| {
        let (engine, _) = over(&store);
        let (ann, start) = (user("ann"), OrderFlow::start.full_name());
        let first = engine.desk(&ann).once("k").start(&start, &pieces(3)).unwrap();
        let task = open_task(&engine, OrderFlow::check, first).id;
        let refused = [
            engine.desk(&ann).once("k").start(&start, &pieces(4)).map(drop),
            engine.desk(&ann).once("k").draft_start(&start, &pieces(3)),
            engine.desk(&ann).once("k").act(task, &TaskCommand::Assign).map(drop),
            engine.desk(&ann).once("k").send("parcel", &pieces(3)).map(drop),
        ];
        for error in refused.map(Result::unwrap_err) {
            assert!(matches!(&error, Error::OtherAction { key } if key == "k"), "{error}");
            assert_eq!(error.reply(), Reply::Complaint);
        }
        assert_eq!((processes(&engine), kept(&*store)), (1, 1));
        let second = engine.desk(&user("bob")).once("k").start(&start, &pieces(3)).unwrap();
        // The texts of a person's name and a key do not decide where the one ends and the other begins.
        let third = engine.desk(&user("ann k")).once("l").start(&start, &pieces(3)).unwrap();
        let fourth = engine.desk(&user("ann")).once("k l").start(&start, &pieces(3)).unwrap();
        assert!(first < second && second < third && third < fourth);
        for key in ["", &"k".repeat(101)] {
            let error = engine.desk(&ann).once(key).start(&start, &pieces(3)).unwrap_err();
            assert!(matches!(error, Error::BadKey { length, max: 100 } if length == key.len()), "{error}");
        }
        engine.desk(&ann).once("k".repeat(100)).start(&start, &pieces(3)).unwrap();
        // A person that may no longer do anything does not learn what they did.
        assert!(matches!(engine.desk(&Gone).once("k").start(&start, &pieces(3)), Err(Error::Forbidden { .. })));
    });
}

#[test]
fn an_action_that_failed_is_not_kept() {
    on_every_store(|store| {
        let (engine, _) = over(&store);
        let (ann, start) = (user("ann"), OrderFlow::start.full_name());
        let refused = engine.desk(&ann).once("k").start(&start, &pieces(10));
        assert_eq!(complaints(refused), ["pieces: must be at most 9"]);
        assert_eq!(kept(&*store), 0);
        let id = engine.desk(&ann).once("k").start(&start, &pieces(9)).unwrap();
        let task = open_task(&engine, OrderFlow::check, id).id;
        let done = |engine: &Engine| engine.desk(&ann).once("do").execute(task, &Document::new());
        assert!(matches!(done(&engine), Err(Error::WrongStatus { .. })));
        engine.assign(task, &ann).unwrap();
        done(&engine).unwrap();
        done(&engine).unwrap();
        assert_eq!(kept(&*store), 2);
    });
}

#[test]
fn a_result_is_told_when_its_process_is_forgotten_and_for_a_day() {
    on_every_store(|store| {
        let (engine, clock) = over(&store);
        let (ann, start) = (user("ann"), OrderFlow::start.full_name());
        let id = engine.desk(&ann).once("k").start(&start, &pieces(3)).unwrap();
        let task = open_task(&engine, OrderFlow::check, id).id;
        engine.desk(&ann).once("take").act(task, &TaskCommand::Assign).unwrap();
        engine.cancel(id, &boss()).unwrap();
        clock.advance(Duration::from_hours(2));
        engine.run_pending().unwrap();
        assert!(store.process(id).unwrap().is_none(), "it is forgotten");
        assert_eq!(engine.desk(&ann).once("k").start(&start, &pieces(3)).unwrap(), id);
        engine.desk(&ann).once("take").act(task, &TaskCommand::Assign).unwrap();
        assert!(matches!(engine.desk(&ann).act(task, &TaskCommand::Assign), Err(Error::NoTask(_))));

        clock.advance(Duration::from_hours(22).saturating_sub(Duration::from_millis(1)));
        engine.run_pending().unwrap();
        assert_eq!((engine.desk(&ann).once("k").start(&start, &pieces(3)).unwrap(), kept(&*store)), (id, 2));
        clock.advance(Duration::from_millis(1));
        // It is over whether or not somebody has swept.
        let new = engine.desk(&ann).once("k").start(&start, &pieces(3)).unwrap();
        assert_ne!(new, id);
        assert_eq!(kept(&*store), 2, "the new one in place of the old one, and the other one");
        engine.run_pending().unwrap();
        assert_eq!(kept(&*store), 1);
        clock.advance(DAY);
        engine.run_pending().unwrap();
        assert_eq!(kept(&*store), 0);
    });
}

#[test]
fn many_results_are_swept() {
    on_every_store(|store| {
        let (engine, clock) = over(&store);
        let start = OrderFlow::start.full_name();
        for number in 0..150 {
            engine.desk(&user("ann")).once(format!("{number}")).draft_start(&start, &pieces(1)).unwrap();
        }
        assert_eq!(kept(&*store), 150);
        clock.advance(DAY);
        engine.run_pending().unwrap();
        assert_eq!(kept(&*store), 0);
    });
}

#[test]
fn of_two_at_the_same_time_one_happens() {
    on_every_store(|store| {
        // Their clocks differ, so that they write different rows: what one has done the others see by the key alone.
        let engines = [over(&store), over(&store)];
        engines[1].1.set(Timestamp::from_millis(1));
        let engines = engines.map(|(engine, _)| engine);
        for round in 0..10 {
            let barrier = Arc::new(Barrier::new(4));
            let threads: Vec<_> = (0..4)
                .map(|number| {
                    let (engine, barrier) = (engines[number % 2].clone(), Arc::clone(&barrier));
                    thread::spawn(move || {
                        barrier.wait();
                        let desk = user("ann");
                        engine.desk(&desk).once(format!("{round}")).start(&OrderFlow::start.full_name(), &pieces(SLOW))
                    })
                })
                .collect();
            let ids: Vec<ProcessId> = threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect();
            assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
            assert_eq!(processes(&engines[0]), round + 1);
        }
    });
}
