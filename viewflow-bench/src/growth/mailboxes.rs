//! Messages: the cost of one message while many processes wait for others, and while many messages are kept.

use viewflow::prelude::*;

use super::ground::{Ground, each, settle, small};
use super::{BOTH, Group, Times};
use crate::measure::Result;

pub(super) const GROUPS: &[Group] = &[
    Group::new("processes that wait for other keys", 10, BOTH, others),
    Group::new("messages kept under the same key", 10, BOTH, kept),
    Group::new("messages kept under the same key", 10, BOTH, taken),
];
/// A key that only this measurement uses.
const OWN: u32 = 1_000_000;

#[derive(Message, Clone, Debug)]
#[message(key = number)]
pub(crate) struct Paid {
    pub number: u32,
}

#[derive(Process, Clone, Debug)]
pub(crate) struct Order {
    #[field(default = 0)]
    pub number: u32,
}

#[derive(Flow)]
#[flow(process = Order)]
pub(crate) struct OrderFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(paid)]
    start: StartHandle,
    #[message(Paid, key = |a| a.process.number)]
    #[next(end)]
    paid: MessageCatch,
    end: End,
}

impl OrderFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, number: u32) -> viewflow::Result<()> {
        a.process.number = number;
        Ok(())
    }
}

fn send(engine: &Engine, number: u32) -> Result<()> {
    Ok(engine.send(&Paid { number }).map(drop)?)
}

fn wait(engine: &Engine, number: u32) -> Result<()> {
    Ok(engine.run(OrderFlow::start, number).map(drop)?)
}

fn others(ground: &Ground, size: usize) -> Result<Times> {
    let engine = ground.builder()?.flow(OrderFlow::new()).build()?;
    (0..small(size)?).try_for_each(|number| wait(&engine, number))?;
    let pass = each(99, |_| Ok(engine.run_pending().map(drop)?))?;
    let due = each(99, |_| Ok(engine.next_due().map(drop)?))?;
    let told = each(49, |round| {
        let number = OWN + small(round)?;
        wait(&engine, number)?;
        send(&engine, number)?;
        settle(&engine)
    })?;
    Ok(vec![
        ("messages: a pass with nothing to do", pass),
        ("messages: next_due", due),
        ("messages: awaited, sent and taken", told),
    ])
}

fn kept(ground: &Ground, size: usize) -> Result<Times> {
    let engine = ground.builder()?.flow(OrderFlow::new()).build()?;
    (0..size).try_for_each(|_| send(&engine, OWN))?;
    Ok(vec![("messages: one more is kept", each(49, |_| send(&engine, OWN))?)])
}

fn taken(ground: &Ground, size: usize) -> Result<Times> {
    let engine = ground.builder()?.flow(OrderFlow::new()).build()?;
    (0..size).try_for_each(|_| send(&engine, OWN))?;
    let time = each(size, |_| {
        wait(&engine, OWN)?;
        settle(&engine)
    })?;
    Ok(vec![("messages: taken one by one", time)])
}
