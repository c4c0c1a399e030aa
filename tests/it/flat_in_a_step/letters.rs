//! Messages that are kept, taken, promised and replaced, with many under one key.

use std::time::Duration;

use viewflow::engine::Delivery;
use viewflow::prelude::*;

use super::{Counting, cost, counting, is_flat, is_linear};
use crate::support::boss;

#[derive(viewflow::Message, Clone, Debug)]
#[message(latch = keep, expires = "1h")]
pub struct Kept {
    pub number: u32,
}

#[derive(viewflow::Message, Clone, Debug)]
#[message(latch = last)]
pub struct Newest {
    pub number: u32,
}

#[derive(Process, Clone, Debug)]
pub struct Reader {
    pub count: u32,
    pub heard: Vec<u32>,
}

#[derive(Flow)]
#[flow(process = Reader)]
pub struct ReaderFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(all)]
    start: StartHandle,
    #[branch(wait, task_seed_source = |a| 0..a.process.count)]
    all: Split,
    #[message(Kept)]
    #[call(Self::hear)]
    #[next(join)]
    wait: MessageCatch<Seed<u32>>,
    #[next(end)]
    join: Join,
    end: End,
}

#[derive(Flow)]
#[flow(process = Reader)]
pub struct NewestFlow {
    #[next(wait)]
    start: StartHandle,
    #[message(Newest)]
    #[call(Self::hear)]
    #[next(end)]
    wait: MessageCatch,
    end: End,
}

impl ReaderFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, count: u32) -> Result<()> {
        a.process.count = count;
        Ok(())
    }

    fn hear(&self, a: &mut Activation<Self, Seed<u32>>, kept: Kept) -> Result<()> {
        a.process.heard.push(kept.number);
        Ok(())
    }
}

impl NewestFlow {
    fn hear(&self, a: &mut Activation<Self, ()>, newest: Newest) -> Result<()> {
        a.process.heard.push(newest.number);
        Ok(())
    }
}

fn engine() -> (Counting, Engine) {
    let store = counting();
    let engine = Engine::builder(store.clone()).flow(ReaderFlow::new()).flow(NewestFlow::new()).build().unwrap();
    (store, engine)
}

fn send(engine: &Engine, count: u32) {
    for number in 0..count {
        engine.send(&Kept { number }).unwrap();
    }
}

#[test]
fn a_message_is_kept_and_taken_at_the_same_cost_however_many_are_kept() {
    is_flat("one more", |count| {
        let (store, engine) = engine();
        send(&engine, count);
        cost(&store, || send(&engine, 1))
    });
    is_flat("the first of them", |count| {
        let (store, engine) = engine();
        send(&engine, count);
        let mut id = ProcessId(0);
        let cost = cost(&store, || {
            id = engine.run(ReaderFlow::start, 1).unwrap().id;
            engine.run_pending().unwrap();
        });
        assert_eq!(engine.process::<ReaderFlow>(id).unwrap().heard, [0]);
        cost
    });
}

#[test]
fn many_messages_are_taken_one_by_one_at_linear_cost() {
    is_linear("all of them", |count| {
        let (store, engine) = engine();
        send(&engine, count);
        let ids: Vec<_> = (0..count).map(|_| engine.run(ReaderFlow::start, 1).unwrap().id).collect();
        let cost = cost(&store, || while engine.run_pending().unwrap() > 0 {});
        let heard = ids.iter().flat_map(|id| engine.process::<ReaderFlow>(*id).unwrap().heard.clone());
        assert!(heard.eq(0..count), "in their order");
        cost
    });
}

#[test]
fn the_newest_message_takes_the_place_of_the_one_before_it_however_many_are_not_taken_yet() {
    is_flat("one that takes another's place", |count| {
        let (store, engine) = engine();
        let ids: Vec<_> = (0..count).map(|_| engine.run(NewestFlow::start, ()).unwrap().id).collect();
        let send = |number| assert_ne!(engine.send(&Newest { number }).unwrap(), Delivery::Dropped);
        (0..=count).for_each(send);
        let cost = cost(&store, || send(1_000_000));
        let late = engine.run(NewestFlow::start, ()).unwrap().id;
        engine.run_pending().unwrap();
        let heard = |id| engine.process::<NewestFlow>(id).unwrap().heard.clone();
        assert!(ids.into_iter().flat_map(heard).eq(0..count));
        assert_eq!(heard(late), [1_000_000], "the one that nobody waited for was replaced");
        cost
    });
}

/// All waiting tasks of a process are suspended while the messages for them are already kept.
#[test]
fn to_suspend_and_resume_many_who_wait_for_what_lies_there_is_linear() {
    let suspended = |count: u32| {
        let (store, engine) = engine();
        let id = engine.run(ReaderFlow::start, count).unwrap().id;
        send(&engine, count);
        let to_suspend = cost(&store, || engine.suspend(id, &boss()).unwrap());
        let to_resume = cost(&store, || engine.resume(id, &boss()).unwrap());
        engine.run_pending().unwrap();
        assert!(engine.process::<ReaderFlow>(id).unwrap().heard.iter().copied().eq(0..count), "in their order");
        (to_suspend, to_resume)
    };
    is_linear("to suspend", |count| suspended(count).0);
    is_linear("to resume", |count| suspended(count).1);
}

#[test]
fn to_cancel_many_who_wait_at_one_mailbox_is_linear() {
    is_linear("to cancel", |count| {
        let (store, engine) = engine();
        let id = engine.run(ReaderFlow::start, count).unwrap().id;
        send(&engine, count / 2);
        cost(&store, || engine.cancel(id, &boss()).unwrap())
    });
}

#[test]
fn what_is_over_is_forgotten_a_few_at_a_time() {
    let (builder, clock) = crate::support::manual(counting());
    let engine = builder.flow(ReaderFlow::new()).flow(NewestFlow::new()).build().unwrap();
    send(&engine, 3);
    clock.advance(Duration::from_mins(30));
    send(&engine, 2);
    clock.advance(Duration::from_mins(45));
    let id = engine.run(ReaderFlow::start, 5).unwrap().id;
    engine.run_pending().unwrap();
    assert_eq!(engine.process::<ReaderFlow>(id).unwrap().heard, [0, 1], "of those that are not over");
}
