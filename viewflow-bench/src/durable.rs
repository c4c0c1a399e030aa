//! Durable steps compared with sled and the disk alone, and the number of bytes that they write.

use tempfile::TempDir;

use crate::child::{Child, Durability};
use crate::measure::{Result, Row, Run, float, in_turns, seconds};
use crate::stores::{self, Recorded, Recorder};
use crate::{bare, flows};

/// The number of steps in one batch of the bare loop.
const TOGETHER: usize = 64;

pub(crate) fn run(run: &Run) -> Result<()> {
    for (callers, figure, target) in [(TOGETHER, "durable-64", 0.8), (1, "durable-1", 0.85)] {
        if run.wants(figure) || run.wants("disk-share") {
            steps(run, callers, figure, target)?;
        }
    }
    if run.wants("bytes") {
        bytes(run)?;
    }
    Ok(())
}

fn steps(run: &Run, callers: usize, figure: &str, target: f64) -> Result<()> {
    let processes = if callers == 1 { run.size(1_000, 200) } else { run.size(9_600, 960) };
    let recorded = record(callers, processes)?;
    let [engine, bare, appends] = in_turns(
        run.repeats(),
        [
            &mut || {
                let directory = TempDir::new()?;
                let engine = flows::engine(stores::open(directory.path())?)?;
                let mut steps = 0;
                let time = seconds(|| {
                    steps = flows::hello(&engine, callers, processes)?;
                    Ok(())
                })?;
                Ok(float(steps) / time)
            },
            &mut || bare::replay(TempDir::new()?.path(), &recorded.commits, callers),
            &mut || bare::appends(&TempDir::new()?.path().join("file"), run.size(2_000, 500)),
        ],
    )?;
    if run.wants(figure) {
        let row = Row::new(figure, engine, "steps/s").against(bare).at_least(target);
        run.show(&row.repeats(run.repeats()));
    }
    if run.wants("disk-share") {
        let row = Row::new(format!("disk-share-{callers}"), engine, "steps/s").against(appends);
        run.show(&row.repeats(run.repeats()).note("against appends/s of 4 KiB, each with fdatasync"));
    }
    Ok(())
}

/// Records what processes of the hello flow write.
fn record(callers: usize, processes: usize) -> Result<Recorded> {
    let (directory, recorder) = (TempDir::new()?, Recorder::default());
    let engine = flows::engine(stores::open_traced(directory.path(), recorder.trace())?)?;
    flows::hello(&engine, callers, processes)?;
    drop(engine);
    Ok(recorder.recorded())
}

fn bytes(run: &Run) -> Result<()> {
    let processes = run.size(19_200, 1_920);
    let recorded = record(TOGETHER, processes)?;
    let each = float(recorded.bytes()) / float(recorded.commits.len());
    let keys = float(recorded.commits.iter().map(std::collections::BTreeMap::len).sum::<usize>());
    let keys = keys / float(recorded.commits.len());

    let directory = TempDir::new()?;
    let mut child = Child::open(directory.path(), Durability::Immediate)?;
    let counters = ["written", "logged", "writes"];
    let read = |child: &mut Child| counters.iter().map(|counter| child.ask(counter)).collect::<Result<Vec<f64>>>();
    let before = read(&mut child)?;
    let steps = child.ask(&format!("hello {processes} {TOGETHER}"))?;
    let after = read(&mut child)?;
    let each_step: Vec<f64> = after.iter().zip(&before).map(|(after, before)| (after - before) / steps).collect();
    let [written, logged, writes] = each_step[..] else { return Err("another number of counters".into()) };
    child.close()?;
    let disk = float(bare::on_disk(directory.path())?);
    let live = float(bare::live(directory.path())?);

    let note = format!(
        "against the keys and values of a step, {keys:.1} of them; {logged:.0} B/step go to sled's log, \
         in {writes:.2} writes/step. sled writes a leaf again after a few changes, and the kernel writes whole pages, \
         or more"
    );
    run.show(&Row::new("bytes-written", written, "B/step").against(each).note(note));
    let note = format!(
        "{:.0} MiB against {:.0} MiB of keys and values: sled's log keeps what was overwritten until its segment is free",
        disk / float(1_u32 << 20),
        live / float(1_u32 << 20)
    );
    run.show(&Row::new("bytes-on-disk", disk / steps, "B/step").against(live / steps).note(note));
    Ok(())
}
