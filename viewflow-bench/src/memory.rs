//! The cost of the engine without a disk, and the cost of one branch among many.

use tempfile::TempDir;
use viewflow::prelude::Engine;
use viewflow::{MemoryStore, ProcessStatus};

use crate::flows::{self, FanFlow};
use crate::measure::{Result, Row, Run, float, in_turns, seconds};
use crate::stores;

pub(crate) fn run(run: &Run) -> Result<()> {
    if run.wants("memory-hello") {
        hello(run)?;
    }
    if run.wants("fanout") {
        fanout_in_memory(run)?;
        fanout_on_disk(run)?;
    }
    Ok(())
}

fn hello(run: &Run) -> Result<()> {
    let processes = run.size(30_000, 5_000);
    let [rate] = in_turns(
        run.repeats(),
        [&mut || {
            let engine = flows::engine(MemoryStore::new())?;
            let time = seconds(|| flows::hello(&engine, 1, processes))?;
            Ok(float(processes) / time)
        }],
    )?;
    let row = Row::new("memory-hello", rate, "processes/s").against(60_000.0);
    run.show(&row.repeats(run.repeats()).note("one thread"));
    Ok(())
}

/// Returns the time for each of `size` branches, in microseconds.
///
/// It runs as many processes as have `total` branches together.
fn each_branch(engine: &Engine, size: u32, total: u32) -> Result<f64> {
    let time = seconds(|| {
        for _ in 0..total / size {
            let process = engine.run(FanFlow::start, size)?;
            if process.status != ProcessStatus::Done {
                return Err("a fan-out was not joined".into());
            }
        }
        Ok(())
    })?;
    Ok(time * 1e6 / f64::from(total / size * size))
}

fn fanout_in_memory(run: &Run) -> Result<()> {
    let total = run.size(100_000, 10_000);
    let of = |size: u32| move || each_branch(&flows::engine(MemoryStore::new())?, size.min(total), total);
    let repeats = run.size(5, 3);
    let [few, more, many, most] = in_turns(repeats, [&mut of(100), &mut of(1_000), &mut of(10_000), &mut of(100_000)])?;
    run.show(&Row::new("fanout-1000", more, "us/branch").against(few).repeats(repeats));
    run.show(&Row::new("fanout-10000", many, "us/branch").against(few).repeats(repeats));
    let row = Row::new("fanout", most, "us/branch").against(few).at_most(1.3);
    run.show(&row.repeats(repeats).note(format!("{total} branches in memory, against 100")));
    Ok(())
}

fn fanout_on_disk(run: &Run) -> Result<()> {
    let total = run.size(100_000, 10_000);
    let of = |size: u32| {
        move || {
            let directory = TempDir::new()?;
            each_branch(&flows::engine(stores::open(directory.path())?)?, size, total)
        }
    };
    let repeats = run.size(3, 1);
    let [few, most] = in_turns(repeats, [&mut of(100), &mut of(total)])?;
    let row = Row::new("fanout-sled", most, "us/branch").against(few).at_most(1.3);
    run.show(&row.repeats(repeats).note(format!("{total} branches on sled, against 100 (which sync more often)")));
    Ok(())
}
