//! Steps that query a table while another thread writes to it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use viewflow::Db;
use viewflow::prelude::*;

use super::ground::{Ground, each};
use super::tables::in_steps;
use super::{BOTH, Group, Times};
use crate::measure::{Result, float, in_threads, seconds};

pub(super) const GROUPS: &[Group] = &[Group::new("rows of a table in which another writes", 100, BOTH, measure)];

#[derive(Entity, Clone, Debug)]
pub(crate) struct Entry {
    #[id]
    pub id: Id<Entry>,
    #[field(index)]
    pub code: u32,
}

fn insert(db: &Db, code: u32) -> viewflow::Result<()> {
    db.table().insert(Entry { id: Id::NEW, code }).map(drop)
}

/// Reads all rows, and writes one row.
fn scan(db: &Db) -> viewflow::Result<()> {
    let odd = db.table::<Entry>().filter(|entry| entry.code % 2 == 1).count()?;
    insert(db, u32::try_from(odd).unwrap_or(u32::MAX))
}

/// Reads one row by its index, and writes one row.
fn look(db: &Db) -> viewflow::Result<()> {
    db.table::<Entry>().by(Entry::BY_CODE, 1).first()?;
    insert(db, 3_000_000)
}

fn measure(ground: &Ground, size: usize) -> Result<Times> {
    let engine = ground.builder()?.build()?;
    in_steps(&engine, size, insert)?;
    let alone = seconds(|| Ok(engine.transaction(scan)?))?;
    let pause = Duration::from_secs_f64(alone * 0.4);
    let scanned =
        beside(|| drop(engine.transaction(|db| insert(db, 1_000_000))), pause, || get_through(&engine, scan))?;
    let looked =
        beside(|| drop(engine.transaction(|db| insert(db, 2_000_000))), Duration::ZERO, || get_through(&engine, look))?;
    Ok(vec![("contended: a scan, a row", scanned / float(size)), ("contended: by", looked)])
}

/// Returns the median time of a step, or infinity if a step gives up.
fn get_through(engine: &Engine, work: fn(&Db) -> viewflow::Result<()>) -> Result<f64> {
    let mut gave_up = false;
    let time = each(5, |_| match engine.transaction(work) {
        Err(Error::Contended { .. }) => {
            gave_up = true;
            Ok(())
        }
        other => Ok(other?),
    })?;
    Ok(if gave_up { f64::INFINITY } else { time })
}

/// Measures while another thread does something at intervals.
fn beside(other: impl Fn() + Sync, pause: Duration, measure: impl Fn() -> Result<f64> + Sync) -> Result<f64> {
    let (stop, found) = (AtomicBool::new(false), std::sync::Mutex::new(f64::NAN));
    in_threads(2, |number| {
        if number == 0 {
            while !stop.load(Ordering::SeqCst) {
                other();
                std::thread::sleep(pause);
            }
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
        let time = measure();
        stop.store(true, Ordering::SeqCst);
        *found.lock().map_err(|_| "a thread panicked")? = time?;
        Ok(())
    })?;
    Ok(found.into_inner()?)
}
