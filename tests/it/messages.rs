//! Signals, messages and conditions.

use std::sync::Arc;
use std::time::Duration;

use viewflow::Store;
use viewflow::engine::Delivery;
use viewflow::prelude::*;

use crate::support::{boss, do_next, events, manual, on_every_store, open_task, open_tasks};

#[derive(Message, Clone, Debug)]
#[message(key = invoice, expires = "7d")]
pub struct Paid {
    pub invoice: u32,
    #[field(min = 1)]
    pub amount: u32,
}

#[derive(Message, Clone, Debug)]
#[message(key = invoice, latch = last)]
pub struct Rate {
    pub invoice: u32,
    pub rate: u32,
}

#[derive(Message, Clone, Debug)]
#[message(latch = drop)]
pub struct Gong {}

#[derive(Process, Clone, Debug)]
pub struct Invoice {
    #[field(default = 0)]
    pub number: u32,
    pub heard: Vec<u32>,
}

#[derive(Flow)]
#[flow(process = Invoice)]
pub struct InvoiceFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(check)]
    start: StartHandle,

    #[next(paid)]
    check: View,

    #[message(Paid, key = |a| a.process.number)]
    #[call(Self::paid)]
    #[on_timeout(after = "30d", then = dunning)]
    #[next(rate)]
    paid: MessageCatch,

    #[message(Rate, key = |a| a.process.number)]
    #[call(Self::rated)]
    #[next(end)]
    rate: MessageCatch,

    dunning: End,

    end: End,
}

impl InvoiceFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, number: u32) -> Result<()> {
        a.process.number = number;
        Ok(())
    }

    fn paid(&self, a: &mut Activation<Self, ()>, message: Paid) -> Result<()> {
        a.process.heard.push(message.amount);
        Ok(())
    }

    fn rated(&self, a: &mut Activation<Self, ()>, message: Rate) -> Result<()> {
        a.process.heard.push(message.rate);
        Ok(())
    }
}

fn invoice(engine: &Engine, number: u32) -> ProcessId {
    engine.run(InvoiceFlow::start, number).unwrap().id
}

fn paid(invoice: u32, amount: u32) -> Paid {
    Paid { invoice, amount }
}

#[test]
fn a_message_reaches_the_process_with_its_key_and_no_other() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(InvoiceFlow::new()).build().unwrap();
        let [seven, eight] = [7, 8].map(|number| invoice(&engine, number));
        for id in [seven, eight] {
            do_next(&engine, InvoiceFlow::check, id, ());
        }
        assert_eq!(engine.send(&paid(8, 30)).unwrap(), Delivery::Waiting);
        engine.run_pending().unwrap();
        assert_eq!(engine.process::<InvoiceFlow>(eight).unwrap().heard, [30]);
        assert!(engine.process::<InvoiceFlow>(seven).unwrap().heard.is_empty());
        assert_eq!(engine.send(&paid(9, 1)).unwrap(), Delivery::Kept, "nobody has invoice 9 yet");
    });
}

#[test]
fn a_message_before_its_catch_is_kept_until_it_expires() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(InvoiceFlow::new()).build().unwrap();
        let id = invoice(&engine, 7);
        for amount in [1, 2] {
            assert_eq!(engine.send(&paid(7, amount)).unwrap(), Delivery::Kept);
        }
        for rate in [3, 4] {
            assert_eq!(engine.send(&Rate { invoice: 7, rate }).unwrap(), Delivery::Kept);
        }
        do_next(&engine, InvoiceFlow::check, id, ());
        engine.run_pending().unwrap();
        let process = engine.process::<InvoiceFlow>(id).unwrap();
        assert_eq!((process.status, &process.heard[..]), (ProcessStatus::Done, &[1, 4][..]), "the first; the last");

        // The second payment is kept until it expires.
        let id = invoice(&engine, 7);
        clock.advance(Duration::from_hours(7 * 24));
        do_next(&engine, InvoiceFlow::check, id, ());
        engine.run_pending().unwrap();
        assert!(engine.process::<InvoiceFlow>(id).unwrap().heard.is_empty(), "it was kept too long");
    });
}

#[test]
fn a_message_that_nobody_waits_for_and_that_is_not_kept_is_dropped() {
    #[derive(Flow)]
    struct GongFlow {
        #[next(hear)]
        start: StartHandle,
        #[message(Gong)]
        #[next(end)]
        hear: MessageCatch,
        end: End,
    }
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(GongFlow::new()).build().unwrap();
        assert_eq!(engine.send(&Gong {}).unwrap(), Delivery::Dropped);
        let [first, second] = [(), ()].map(|()| engine.run(GongFlow::start, ()).unwrap().id);
        assert_eq!(engine.run_pending().unwrap(), 0);
        assert_eq!(engine.send(&Gong {}).unwrap(), Delivery::Waiting);
        assert_eq!(engine.run_pending().unwrap(), 1);
        let status = |id| engine.process_record(id).unwrap().status;
        assert_eq!(
            (status(first), status(second)),
            (ProcessStatus::Done, ProcessStatus::New),
            "one takes it: the first"
        );
        assert_eq!(engine.send(&Gong {}).unwrap(), Delivery::Waiting);
        engine.cancel(second, &boss()).unwrap();
        assert_eq!(engine.run_pending().unwrap(), 0);
        let third = engine.run(GongFlow::start, ()).unwrap().id;
        engine.run_pending().unwrap();
        assert_eq!(status(third), ProcessStatus::New, "what was sent before it is gone");
    });
}

#[test]
fn messages_of_wrong_names_and_contents_are_told_and_change_nothing() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(InvoiceFlow::new()).build().unwrap();
        let send = |name: &str, message: serde_json::Value| {
            engine.desk(&boss()).send(name, message.as_object().unwrap()).map_err(|error| error.to_string())
        };
        let error = send("payd", serde_json::json!({})).unwrap_err();
        assert_eq!(error, "no flow here waits for the message `payd`, did you mean `paid`?");
        let error = send("paid", serde_json::json!({"invoice": "seven", "amount": 0})).unwrap_err();
        assert!(error.starts_with("message `paid`:") && error.contains("`invoice`"), "{error}");
        let error = engine.send(&paid(7, 0)).unwrap_err();
        assert_eq!(error.field_errors().unwrap().of("amount").len(), 1, "{error}");
        assert!(engine.send(&Gong {}).unwrap_err().to_string().contains("no flow here waits for the message `gong`"));
        let error = engine.signal("fire").unwrap_err().to_string();
        assert_eq!(error, "no flow here waits for a signal `fire`");
        assert_eq!(send("paid", serde_json::json!({"invoice": 7, "amount": 5})), Ok(Delivery::Kept));
        assert!(engine.next_due().unwrap().is_none());
    });
}

#[test]
fn a_message_that_cannot_be_handled_stays_with_the_task_that_took_it() {
    on_every_store(|store| {
        let (engine, fussy) = picky(store);
        let id = engine.run(PickyFlow::start, ()).unwrap().id;
        engine.send(&paid(0, 13)).unwrap();
        engine.send(&paid(0, 5)).unwrap();
        engine.run_pending().unwrap();
        let failed = open_task(&engine, PickyFlow::paid_node, id);
        assert_eq!(failed.status, TaskStatus::Error);
        // The person that retries sees the outcome at once.
        let error = engine.retry(failed.id, &boss()).unwrap_err().to_string();
        assert!(error.contains("not this one"), "{error}");
        assert_eq!(open_task(&engine, PickyFlow::paid_node, id).status, TaskStatus::Error);
        fussy.store(false, std::sync::atomic::Ordering::SeqCst);
        engine.retry(failed.id, &boss()).unwrap();
        let process = engine.process::<PickyFlow>(id).unwrap();
        assert_eq!((process.status, &process.heard[..]), (ProcessStatus::Done, &[13][..]));
    });
}

#[test]
fn one_message_that_cannot_be_handled_keeps_nobody_else_from_theirs() {
    on_every_store(|store| {
        let (engine, _fussy) = picky(store);
        let ids: Vec<_> = (0..3).map(|_| engine.run(PickyFlow::start, ()).unwrap().id).collect();
        for amount in [13, 1, 2, 3] {
            engine.send(&paid(0, amount)).unwrap();
        }
        assert_eq!(engine.run_pending().unwrap(), 3);
        let heard = |id| engine.process::<PickyFlow>(id).unwrap().heard.clone();
        assert_eq!(ids.iter().map(|id| heard(*id)).collect::<Vec<_>>(), [vec![], vec![1], vec![2]]);
        // A process that begins to wait later does not get it either, after the failed one is canceled.
        engine.cancel(ids[0], &boss()).unwrap();
        let fourth = engine.run(PickyFlow::start, ()).unwrap().id;
        engine.run_pending().unwrap();
        assert_eq!(heard(fourth), [3]);
    });
}

#[test]
fn a_revived_task_takes_its_message_with_it() {
    on_every_store(|store| {
        let (engine, fussy) = picky(store);
        let id = engine.run(PickyFlow::start, ()).unwrap().id;
        engine.send(&paid(0, 13)).unwrap();
        engine.run_pending().unwrap();
        fussy.store(false, std::sync::atomic::Ordering::SeqCst);
        engine.revive(open_task(&engine, PickyFlow::paid_node, id).id, &boss()).unwrap();
        let process = engine.process::<PickyFlow>(id).unwrap();
        assert_eq!((process.status, &process.heard[..]), (ProcessStatus::Done, &[13][..]));
        let again = engine.run(PickyFlow::start, ()).unwrap().id;
        engine.run_pending().unwrap();
        assert_eq!(engine.process::<PickyFlow>(again).unwrap().status, ProcessStatus::New, "it was heard once");
    });
}

/// Refuses 13 while it is fussy.
#[derive(Flow)]
#[flow(process = Invoice)]
struct PickyFlow {
    fussy: Arc<std::sync::atomic::AtomicBool>,
    #[next(paid)]
    start: StartHandle,
    #[message(Paid, key = |a| a.process.number)]
    #[call(Self::paid)]
    #[next(end)]
    paid: MessageCatch,
    end: End,
}

impl PickyFlow {
    fn paid(&self, a: &mut Activation<Self, ()>, message: Paid) -> Result<()> {
        if message.amount == 13 && self.fussy.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(Error::msg("not this one"));
        }
        a.process.heard.push(message.amount);
        Ok(())
    }
}

fn picky(store: Arc<dyn Store>) -> (Engine, Arc<std::sync::atomic::AtomicBool>) {
    let fussy = Arc::new(std::sync::atomic::AtomicBool::new(true));
    (Engine::builder(store).flow(PickyFlow::new(Arc::clone(&fussy))).build().unwrap(), fussy)
}

#[derive(Flow)]
#[flow(process = Invoice)]
pub struct AlarmFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(press)]
    #[branch(listen)]
    fork: Split,
    #[next(ring)]
    press: View,
    #[signal("alarm")]
    #[next(pay)]
    ring: SignalThrow,
    #[message(|_a| Paid { invoice: 1, amount: 9 })]
    #[next(end)]
    pay: MessageThrow,
    #[signal("alarm")]
    #[call(Self::heard)]
    #[next(again)]
    listen: SignalCatch,
    #[cond(|a| a.process.heard.len() < 2)]
    #[then(listen)]
    #[otherwise(end)]
    again: If,
    end: End,
}

impl AlarmFlow {
    fn heard(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.heard.push(1);
        if a.process.number == 13 {
            return Err(Error::msg("deaf"));
        }
        Ok(())
    }
}

#[test]
fn a_signal_reaches_all_who_wait_once_and_none_who_come_later() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(AlarmFlow::new()).flow(InvoiceFlow::new()).build().unwrap();
        let ids: Vec<_> = (0..3).map(|_| engine.run(AlarmFlow::start, ()).unwrap().id).collect();
        let heard = |id| engine.process::<AlarmFlow>(id).unwrap().heard.len();
        assert_eq!(engine.signal("alarm").unwrap(), 3);
        assert_eq!(heard(ids[0]), 0, "it is heard outside the step that sends it");
        let late = engine.run(AlarmFlow::start, ()).unwrap().id;
        engine.run_pending().unwrap();
        assert_eq!(ids.iter().map(|id| heard(*id)).collect::<Vec<_>>(), [1, 1, 1], "also who listens again");
        assert_eq!(heard(late), 0);
        // A throw in a process, with a message in the same commit.
        do_next(&engine, AlarmFlow::press, late, ());
        engine.run_pending().unwrap();
        assert_eq!(ids.iter().map(|id| heard(*id)).collect::<Vec<_>>(), [2, 2, 2]);
        assert_eq!(heard(late), 1);
        let payer = invoice(&engine, 1);
        do_next(&engine, InvoiceFlow::check, payer, ());
        engine.run_pending().unwrap();
        assert_eq!(engine.process::<InvoiceFlow>(payer).unwrap().heard, [9]);
        assert_eq!(engine.signal("alarm").unwrap(), 1);
    });
}

#[test]
fn a_listener_that_fails_does_not_keep_the_signal_from_others() {
    on_every_store(|store| {
        let flows = Engine::builder(store).flow(AlarmFlow::new()).flow(DeafFlow::new()).flow(InvoiceFlow::new());
        let engine = flows.build().unwrap();
        let deaf = engine.run(DeafFlow::start, ()).unwrap().id;
        let good = engine.run(AlarmFlow::start, ()).unwrap().id;
        assert_eq!(engine.signal("alarm").unwrap(), 2);
        engine.run_pending().unwrap();
        assert_eq!(engine.process::<AlarmFlow>(good).unwrap().heard.len(), 1);
        assert_eq!(open_task(&engine, DeafFlow::listen, deaf).status, TaskStatus::Error);
        assert_eq!(engine.run_pending().unwrap(), 0);
    });
}

#[derive(Flow)]
pub struct DeafFlow {
    #[next(listen)]
    start: StartHandle,
    #[signal("alarm")]
    #[call(Self::heard)]
    #[next(end)]
    listen: SignalCatch,
    end: End,
}

impl DeafFlow {
    fn heard(&self, _: &mut Activation<Self, ()>) -> Result<()> {
        Err(Error::msg("deaf"))
    }
}

#[derive(Entity, Clone, Debug)]
pub struct Stock {
    #[id]
    pub id: Id<Stock>,
    pub pieces: u32,
}

#[derive(Flow)]
#[flow(process = Invoice)]
pub struct StockFlow {
    #[next(fork)]
    start: StartHandle,
    #[branch(count)]
    #[branch(enough)]
    #[branch(stocked)]
    fork: Split,
    #[fields(number)]
    #[next(end)]
    count: View,
    #[cond(|a| a.process.number >= 5)]
    #[next(end)]
    enough: ConditionalCatch,
    #[cond(|a| a.table::<Stock>().all().list()?.iter().map(|stock| stock.pieces).sum::<u32>() >= 3)]
    #[next(end)]
    stocked: ConditionalCatch,
    end: End,
}

#[test]
fn a_condition_over_its_process_is_asked_when_that_changes_and_holds_in_the_same_step() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(StockFlow::new()).build().unwrap();
        let id = engine.run(StockFlow::start, ()).unwrap().id;
        assert_eq!(open_tasks(&engine, StockFlow::enough, id).len(), 1);
        do_next(&engine, StockFlow::count, id, CountFields { number: 5 });
        assert!(open_tasks(&engine, StockFlow::enough, id).is_empty());
    });
}

#[test]
fn a_condition_over_a_table_is_asked_when_a_row_of_it_changes() {
    on_every_store(|store| {
        let engine = Engine::builder(Arc::clone(&store)).flow(StockFlow::new()).build().unwrap();
        let ids: Vec<_> = (0..3).map(|_| engine.run(StockFlow::start, ()).unwrap().id).collect();
        engine.run_pending().unwrap();
        let add = |engine: &Engine, pieces| {
            engine.transaction(|db| db.table().insert(Stock { id: Id::NEW, pieces })).unwrap();
        };
        add(&engine, 2);
        assert_eq!(engine.run_pending().unwrap(), 0, "asked, and it does not hold");
        add(&engine, 1);
        assert_eq!(engine.run_pending().unwrap(), 3);
        assert!(ids.iter().all(|id| open_tasks(&engine, StockFlow::stocked, *id).is_empty()));
        // A change from before the program stopped is not forgotten.
        engine
            .transaction(|db| {
                let first = db.table::<Stock>().all().list()?[0].id;
                db.table::<Stock>().delete(first)
            })
            .unwrap();
        let id = engine.run(StockFlow::start, ()).unwrap().id;
        engine.run_pending().unwrap();
        add(&engine, 9);
        let again = Engine::builder(store).flow(StockFlow::new()).build().unwrap();
        assert_eq!(again.run_pending().unwrap(), 1);
        assert!(open_tasks(&again, StockFlow::stocked, id).is_empty());
    });
}

#[test]
fn a_condition_that_fails_fails_its_own_task_and_not_the_step_that_asked() {
    #[derive(Flow)]
    #[flow(process = Invoice)]
    struct OddFlow {
        #[next(fork)]
        start: StartHandle,
        #[branch(count)]
        #[branch(odd)]
        fork: Split,
        #[fields(number, as = OddForm)]
        #[next(end)]
        count: View,
        #[cond(|a| if a.process.number == 3 { Err(Error::msg("odd"))? } else { a.process.number > 3 })]
        #[next(end)]
        odd: ConditionalCatch,
        end: End,
    }
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(OddFlow::new()).build().unwrap();
        let id = engine.run(OddFlow::start, ()).unwrap().id;
        do_next(&engine, OddFlow::count, id, OddForm { number: 3 });
        let odd = open_task(&engine, OddFlow::odd, id);
        assert_eq!(odd.status, TaskStatus::Error, "{:?}", events(&engine, id));
        assert_eq!(engine.process::<OddFlow>(id).unwrap().number, 3, "what the person did is done");
        engine.cancel_task(odd.id, &boss()).unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
    });
}

#[test]
fn what_waits_survives_a_restart() {
    let directory = tempfile::TempDir::new().unwrap();
    let open = || -> Arc<dyn Store> { Arc::new(SledStore::open(directory.path()).unwrap()) };
    let build = |store| Engine::builder(store).flow(InvoiceFlow::new()).flow(AlarmFlow::new()).build().unwrap();
    let (id, listener) = {
        let engine = build(open());
        let id = invoice(&engine, 7);
        do_next(&engine, InvoiceFlow::check, id, ());
        let listener = engine.run(AlarmFlow::start, ()).unwrap().id;
        engine.send(&paid(7, 5)).unwrap();
        engine.signal("alarm").unwrap();
        (id, listener)
    };
    let engine = build(open());
    engine.run_pending().unwrap();
    assert_eq!(engine.process::<InvoiceFlow>(id).unwrap().heard, [5]);
    assert_eq!(engine.process::<AlarmFlow>(listener).unwrap().heard, [1]);
}

#[test]
fn a_message_that_somebody_waited_for_reaches_it_however_late_the_worker_is() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(InvoiceFlow::new()).build().unwrap();
        let id = invoice(&engine, 7);
        do_next(&engine, InvoiceFlow::check, id, ());
        assert_eq!(engine.send(&paid(7, 1)).unwrap(), Delivery::Waiting);
        // Longer than the message would have been kept.
        clock.advance(Duration::from_hours(20 * 24));
        engine.run_pending().unwrap();
        assert_eq!(engine.process::<InvoiceFlow>(id).unwrap().heard, [1]);
    });
}

#[test]
fn a_message_that_is_not_kept_does_not_reach_who_begins_to_wait_later() {
    #[derive(Flow)]
    struct GongsFlow {
        #[next(hear)]
        start: StartHandle,
        #[message(Gong)]
        #[next(end)]
        hear: MessageCatch,
        end: End,
    }
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(GongsFlow::new()).build().unwrap();
        let ids: Vec<_> = (0..2).map(|_| engine.run(GongsFlow::start, ()).unwrap().id).collect();
        for _ in 0..2 {
            assert_eq!(engine.send(&Gong {}).unwrap(), Delivery::Waiting);
        }
        engine.cancel(ids[0], &boss()).unwrap();
        let late = engine.run(GongsFlow::start, ()).unwrap().id;
        engine.run_pending().unwrap();
        assert_eq!(engine.process_record(ids[1]).unwrap().status, ProcessStatus::Done);
        assert_eq!(engine.process_record(late).unwrap().status, ProcessStatus::New);
    });
}

#[test]
fn thousands_of_messages_under_one_key_are_kept_in_order_and_forgotten_in_time() {
    on_every_store(|store| {
        let (builder, clock) = manual(Arc::clone(&store));
        let engine = builder.flow(InvoiceFlow::new()).build().unwrap();
        for amount in 1..=2_000 {
            assert_eq!(engine.send(&paid(7, amount)).unwrap(), Delivery::Kept);
        }
        for amount in 1..=3 {
            let id = invoice(&engine, 7);
            do_next(&engine, InvoiceFlow::check, id, ());
            engine.run_pending().unwrap();
            assert_eq!(engine.process::<InvoiceFlow>(id).unwrap().heard, [amount]);
        }
        let kept = || store.rows("viewflow.letter", 0, usize::MAX).unwrap().len();
        assert_eq!(kept(), 1_997);
        clock.advance(Duration::from_hours(20 * 24));
        let id = invoice(&engine, 7);
        do_next(&engine, InvoiceFlow::check, id, ());
        engine.run_pending().unwrap();
        assert!(engine.process::<InvoiceFlow>(id).unwrap().heard.is_empty(), "they were kept too long");
        assert_eq!(kept(), 0);
        assert_eq!(engine.send(&paid(7, 5)).unwrap(), Delivery::Waiting);
    });
}

#[derive(Process, Clone, Debug)]
pub struct Shelf {
    #[field(column, on_delete = set_none)]
    pub stock: Option<Ref<Stock>>,
}

#[derive(Flow)]
#[flow(process = Shelf)]
pub struct ShelfFlow {
    #[input(Ref<Stock>)]
    #[call(Self::begin)]
    #[next(cleared)]
    start: StartHandle,
    #[cond(|a| a.process.stock.is_none())]
    #[next(end)]
    cleared: ConditionalCatch,
    end: End,
}

impl ShelfFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, stock: Ref<Stock>) -> Result<()> {
        a.process.stock = Some(stock);
        Ok(())
    }
}

#[test]
fn a_condition_over_a_column_of_its_process_is_asked_when_a_deletion_empties_that() {
    on_every_store(|store| {
        let engine = Engine::builder(store).flow(ShelfFlow::new()).build().unwrap();
        let stock = engine.transaction(|db| db.table().insert(Stock { id: Id::NEW, pieces: 1 })).unwrap();
        engine.run_pending().unwrap();
        let id = engine.run(ShelfFlow::start, stock).unwrap().id;
        engine.run_pending().unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::New);
        engine.transaction(|db| db.table::<Stock>().delete(stock)).unwrap();
        engine.run_pending().unwrap();
        assert_eq!(engine.process_record(id).unwrap().status, ProcessStatus::Done);
    });
}

#[derive(Flow)]
pub struct AloneFlow {
    #[next(ring)]
    start: StartHandle,
    #[signal("bel")]
    #[next(pay)]
    ring: SignalThrow,
    #[message(|_a| Paid { invoice: 1, amount: 1 })]
    #[next(end)]
    pay: MessageThrow,
    end: End,
}

#[derive(Flow)]
pub struct BellFlow {
    #[next(listen)]
    start: StartHandle,
    #[signal("bell")]
    #[next(end)]
    listen: SignalCatch,
    end: End,
}

#[test]
fn what_is_thrown_for_nobody_is_told_when_the_engine_is_built() {
    let error = Engine::builder(MemoryStore::new()).flow(AloneFlow::new()).flow(BellFlow::new()).build().unwrap_err();
    let error = error.to_string();
    assert!(error.contains("`ring`: no flow here waits for a signal `bel`, did you mean `bell`?"), "{error}");
    assert!(error.contains("`pay`: no flow here waits for the message `paid`"), "{error}");
}
