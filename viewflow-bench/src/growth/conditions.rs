//! Conditions: steps that do not affect them, and rows that other conditions wait for.

use viewflow::prelude::*;

use super::ground::{Ground, each, settle, small};
use super::tables::in_steps;
use super::{BOTH, Group, Times};
use crate::measure::Result;

pub(super) const GROUPS: &[Group] = &[
    Group::new("conditions in the process", 10, BOTH, beside),
    Group::new("processes that wait for other rows", 10, BOTH, rows),
];

#[derive(Entity, Clone, Debug)]
pub(crate) struct Stock {
    #[id]
    pub id: Id<Stock>,
    pub pieces: u32,
}

#[derive(Process, Clone, Debug)]
pub(crate) struct Delivery {
    #[field(default = 0)]
    pub size: u32,
    pub stock: Option<Ref<Stock>>,
}

/// A number of conditions, and a task that is repeated beside them.
#[derive(Flow)]
#[flow(process = Delivery)]
pub(crate) struct BesideFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(fork)]
    start: StartHandle,

    #[branch(stocked, task_seed_source = |a| 1..=a.process.size)]
    #[branch(turn)]
    fork: Split,

    #[cond(|a| a.load(Id::<Stock>::from_number(a.task.seed.into()).to_ref())?.pieces > 0)]
    #[next(gather)]
    stocked: ConditionalCatch<Seed<u32>>,

    #[input(bool)]
    #[call(Self::go)]
    #[next(again)]
    turn: Handle<Artifact<bool>>,
    #[cond(|a| a.process.size > 0)]
    #[then(turn)]
    #[otherwise(gather)]
    again: If,

    #[next(end)]
    gather: Join,
    end: End,
}

impl BesideFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, size: u32) -> viewflow::Result<()> {
        a.process.size = size;
        Ok(())
    }

    fn go(&self, a: &mut Activation<Self, Artifact<bool>>, last: bool) -> viewflow::Result<()> {
        a.task.artifact = Some(last);
        Ok(())
    }
}

#[derive(Flow)]
#[flow(process = Delivery)]
pub(crate) struct StockFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(stocked)]
    start: StartHandle,
    #[cond(|a| a.load(a.process.stock)?.pieces > 0)]
    #[next(end)]
    stocked: ConditionalCatch,
    end: End,
}

impl StockFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, number: u32) -> viewflow::Result<()> {
        a.process.stock = Some(Id::from_number(number.into()).to_ref());
        Ok(())
    }
}

fn beside(ground: &Ground, size: usize) -> Result<Times> {
    let engine = ground.builder()?.flow(BesideFlow::new()).build()?;
    in_steps(&engine, size, |db, _| db.table().insert(Stock { id: Id::NEW, pieces: 0 }).map(drop))?;
    let id = engine.run(BesideFlow::start, small(size)?)?.id;
    settle(&engine)?;
    let mut turn = engine.open_task(BesideFlow::turn, id)?.id();
    let time = each(49, |_| {
        engine.task(BesideFlow::turn, turn)?.run(false)?;
        turn.ordinal = engine.process_record(id)?.tasks;
        Ok(())
    })?;
    Ok(vec![("condition: a step beside it", time)])
}

fn rows(ground: &Ground, size: usize) -> Result<Times> {
    const ROUNDS: usize = 25;
    let engine = ground.builder()?.flow(StockFlow::new()).build()?;
    let rows = size + 2 * ROUNDS;
    in_steps(&engine, rows, |db, _| db.table().insert(Stock { id: Id::NEW, pieces: 0 }).map(drop))?;
    (1..=small(rows)?).try_for_each(|number| engine.run(StockFlow::start, number).map(drop))?;
    settle(&engine)?;
    let mut next = 0;
    let mut change = |pieces: u32| {
        next += 1;
        let row = Id::<Stock>::from_number(next).to_ref();
        engine.transaction(|db| db.change(row, |stock| stock.pieces = pieces))?;
        settle(&engine)
    };
    let awaited = each(ROUNDS, |_| change(1))?;
    let untrue = each(ROUNDS, |_| change(0))?;
    Ok(vec![("condition: its row holds", awaited), ("condition: its row does not hold", untrue)])
}
