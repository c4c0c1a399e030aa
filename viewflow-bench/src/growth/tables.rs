//! Tables: steps that change many rows, and the cost of one row among many.

use viewflow::Db;
use viewflow::prelude::*;

use super::ground::{Ground, each, share, small};
use super::{BOTH, Group, MEMORY, Times};
use crate::measure::Result;

pub(super) const GROUPS: &[Group] = &[
    Group::new("rows in one step", 100, MEMORY, steps),
    Group::new("rows of the table", 3, BOTH, front),
    Group::new("rows of the table", 100, BOTH, one),
];

#[derive(Entity, Clone, Debug)]
pub(crate) struct Item {
    #[id]
    pub id: Id<Item>,
    #[field(index)]
    pub code: u32,
}

#[derive(Entity, Clone, Debug)]
pub(crate) struct Order {
    #[id]
    pub id: Id<Order>,
    pub number: u32,
}

#[derive(Entity, Clone, Debug)]
pub(crate) struct Line {
    #[id]
    pub id: Id<Line>,
    #[field(on_delete = cascade)]
    pub order: Ref<Order>,
}

/// A bill, whose order cannot be deleted.
#[derive(Entity, Clone, Debug)]
pub(crate) struct Bill {
    #[id]
    pub id: Id<Bill>,
    pub order: Ref<Order>,
}

/// Calls `work` with the numbers up to `count`, in steps of some hundreds.
pub(super) fn in_steps(engine: &Engine, count: usize, work: impl Fn(&Db, u32) -> viewflow::Result<()>) -> Result<()> {
    for first in (0..count).step_by(500) {
        let last = small(count.min(first + 500))?;
        let first = small(first)?;
        engine.transaction(|db| (first..last).try_for_each(|number| work(db, number)))?;
    }
    Ok(())
}

fn insert(db: &Db, code: u32) -> viewflow::Result<()> {
    db.table().insert(Item { id: Id::NEW, code }).map(drop)
}

fn steps(ground: &Ground, size: usize) -> Result<Times> {
    let engine = ground.builder()?.build()?;
    let size_of_step = small(size)?;
    let all = |work: &dyn Fn(&Db, u32) -> viewflow::Result<()>| {
        share(size, || Ok(engine.transaction(|db| (1..=size_of_step).try_for_each(|number| work(db, number)))?))
    };
    let found = all(&|db, code| match db.table::<Item>().by(Item::BY_CODE, code).first()? {
        Some(_) => Ok(()),
        None => insert(db, code),
    })?;
    let deleted = all(&|db, number| db.table::<Item>().delete(Id::<Item>::from_number(number.into())))?;
    let order = engine.transaction(|db| {
        let order = db.table().insert(Order { id: Id::NEW, number: 1 })?;
        (0..size).try_for_each(|_| db.table().insert(Line { id: Id::NEW, order }).map(drop))?;
        Ok(order)
    })?;
    let cascade = share(size, || Ok(engine.transaction(|db| db.table::<Order>().delete(order))?))?;
    Ok(vec![("row: find or insert", found), ("row: delete", deleted), ("row: cascade", cascade)])
}

/// Measures queries that need only the first rows.
fn front(ground: &Ground, size: usize) -> Result<Times> {
    let engine = ground.builder()?.build()?;
    in_steps(&engine, size, insert)?;
    in_steps(&engine, size, |db, _| insert(db, 1_000_000))?;
    let first = each(99, |_| Ok(engine.transaction(|db| db.table::<Item>().all().first().map(drop))?))?;
    let by = |db: &Db| db.table::<Item>().by(Item::BY_CODE, 1_000_000).page(None, 3).map(drop);
    let page = each(99, |_| Ok(engine.transaction(by)?))?;
    Ok(vec![("table: first", first), ("table: by, page(3)", page)])
}

fn one(ground: &Ground, size: usize) -> Result<Times> {
    let engine = ground.builder()?.build()?;
    in_steps(&engine, size, insert)?;
    let order = engine.transaction(|db| db.table().insert(Order { id: Id::NEW, number: 1 }))?;
    in_steps(&engine, size, |db, _| db.table().insert(Bill { id: Id::NEW, order }).map(drop))?;
    let middle = small(size / 2)?;
    let found =
        each(99, |_| Ok(engine.transaction(|db| db.table::<Item>().by(Item::BY_CODE, middle).first().map(drop))?))?;
    let inserted = each(99, |round| {
        let code = small(size + round)?;
        Ok(engine.transaction(|db| insert(db, code))?)
    })?;
    let row = Id::<Item>::from_number(u64::from(middle) + 1).to_ref();
    let changed = each(99, |_| Ok(engine.transaction(|db| db.change(row, |item| item.code += 1))?))?;
    let refused = each(25, |_| match engine.transaction(|db| db.table::<Order>().delete(order)) {
        Err(Error::Protected { .. }) => Ok(()),
        other => Err(format!("it was not refused: {other:?}").into()),
    })?;
    Ok(vec![
        ("table: by", found),
        ("table: insert", inserted),
        ("table: change", changed),
        ("table: refused delete", refused),
    ])
}
