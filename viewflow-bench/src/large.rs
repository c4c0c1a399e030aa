//! The cost of a store with a million processes: pages, steps, memory, opening.

use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use crate::child::{Child, Durability};
use crate::measure::{Result, Row, Run, float, in_turns, median, seconds};

const FIGURES: [&str; 4] = ["inbox", "step-at-scale", "memory-1m", "open"];
/// The number of processes in the small store.
const FEW: usize = 1_000;
/// The number of threads that work on a store.
const THREADS: usize = 8;
const MIB: f64 = 1_048_576.0;

/// The two stores that are compared.
struct Stores {
    _directory: TempDir,
    small: PathBuf,
    large: PathBuf,
    /// The number of processes in the large store.
    many: usize,
}

pub(crate) fn run(run: &Run) -> Result<()> {
    if !FIGURES.iter().any(|figure| run.wants(figure)) {
        return Ok(());
    }
    let stores = Stores::build(run.size(1_000_000, 20_000))?;
    first_open(run, &stores)?;
    if run.wants("memory-1m") {
        memory(run, &stores)?;
    }
    if run.wants("inbox") || run.wants("step-at-scale") {
        pages_and_steps(run, &stores)?;
    }
    if run.wants("step-at-scale") {
        relaxed_steps(run, &stores)?;
    }
    if run.wants("open") {
        open(run, &stores)?;
    }
    Ok(())
}

impl Stores {
    fn build(many: usize) -> Result<Self> {
        let directory = TempDir::new()?;
        let (small, large) = (directory.path().join("small"), directory.path().join("large"));
        for (path, processes) in [(&small, FEW), (&large, many)] {
            let time = seconds(|| {
                let mut child = Child::open(path, Durability::Relaxed)?;
                child.ask(&format!("fill {processes} 64"))?;
                child.close()
            })?;
            eprintln!("a store of {processes} processes was built in {time:.1} s");
        }
        Ok(Self { _directory: directory, small, large, many })
    }
}

/// Measures the first time that the store is opened, when sled reads all of its log.
fn first_open(run: &Run, stores: &Stores) -> Result<()> {
    let mut child = Child::open(&stores.large, Durability::Immediate)?;
    let resident = child.ask("resident")?;
    if run.wants("open") {
        let note = format!("a clean stop after all {} processes were made", stores.many);
        run.show(&Row::new("open-first", child.opened, "s").note(note));
    }
    if run.wants("memory-1m") {
        run.show(&Row::new("memory-1m-first", resident / MIB, "MiB").note("after that first opening, without a step"));
    }
    child.close()
}

fn memory(run: &Run, stores: &Stores) -> Result<()> {
    let (some, more) = run.size((10_000, 200_000), (2_000, 10_000));
    let many = stores.many;
    let mut child = Child::open(&stores.large, Durability::Immediate)?;
    let opened = child.ask("resident")?;
    child.ask(&format!("work {some} {many} {THREADS}"))?;
    let worked = child.ask("resident")?;
    let note = format!("{many} processes, {some} steps by {THREADS} threads; {:.0} MiB once open", opened / MIB);
    let row = Row::new("memory-1m", worked / MIB, "MiB").against(256.0).at_most(1.0);
    run.show(&row.note(note));
    child.ask(&format!("work {more} {many} {THREADS}"))?;
    let grown = child.ask("resident")? - worked;
    let row = Row::new("memory-1m-growth", grown / MIB * 1e6 / float(more), "MiB/1M steps");
    run.show(&row.note(format!("from {more} steps more")));
    child.close()
}

fn pages_and_steps(run: &Run, stores: &Stores) -> Result<()> {
    let many = stores.many;
    let mut small = Child::open(&stores.small, Durability::Immediate)?;
    let mut large = Child::open(&stores.large, Durability::Immediate)?;
    if run.wants("inbox") {
        let rounds = run.size(2_000, 200);
        let mut compare = |figure: &str, target: Option<f64>, few: &str, most: &str| -> Result<()> {
            let [few, most] = in_turns(run.repeats(), [&mut || small.ask(few), &mut || large.ask(most)])?;
            let row = Row::new(figure, most, "us/page").against(few).repeats(run.repeats());
            let row = if let Some(target) = target { row.at_most(target) } else { row };
            run.show(&row.note(format!("{many} open tasks, against {FEW}")));
            Ok(())
        };
        compare("inbox", Some(2.0), &format!("front {rounds}"), &format!("front {rounds}"))?;
        compare("inbox-anywhere", None, &format!("anywhere {rounds} {FEW}"), &format!("anywhere {rounds} {many}"))?;
    }
    if run.wants("step-at-scale") {
        step(run, "step-at-scale", (&mut small, &mut large), many, "each step synced")?;
    }
    small.close()?;
    large.close()
}

fn relaxed_steps(run: &Run, stores: &Stores) -> Result<()> {
    let mut small = Child::open(&stores.small, Durability::Relaxed)?;
    let mut large = Child::open(&stores.large, Durability::Relaxed)?;
    step(run, "step-at-scale-relaxed", (&mut small, &mut large), stores.many, "synced now and then")?;
    small.close()?;
    large.close()
}

fn step(run: &Run, figure: &str, (small, large): (&mut Child, &mut Child), many: usize, note: &str) -> Result<()> {
    let rounds = run.size(1_000, 200);
    let [few, most] = in_turns(
        run.repeats(),
        [&mut || small.ask(&format!("step {rounds} {FEW}")), &mut || large.ask(&format!("step {rounds} {many}"))],
    )?;
    let row = Row::new(figure, most, "us/step").against(few).at_most(1.5).repeats(run.repeats());
    run.show(&row.note(format!("one of {many} processes, against {FEW}; medians; {note}")));
    Ok(())
}

fn open(run: &Run, stores: &Stores) -> Result<()> {
    let (many, steps, repeats) = (stores.many, run.size(10_000, 1_000), run.size(3, 2));
    let (mut clean, mut killed) = (Vec::new(), Vec::new());
    for _ in 0..repeats {
        let mut child = Child::open(&stores.large, Durability::Immediate)?;
        child.ask(&format!("work {steps} {many} {THREADS}"))?;
        child.close()?;
        let mut child = Child::open(&stores.large, Durability::Immediate)?;
        clean.push(child.opened);
        child.ask(&format!("toil {many} {THREADS}"))?;
        std::thread::sleep(Duration::from_secs(run.size(3, 1)));
        child.kill()?;
        let child = Child::open(&stores.large, Durability::Immediate)?;
        killed.push(child.opened);
        child.close()?;
    }
    let row = Row::new("open-clean", median(&mut clean), "s").repeats(repeats);
    run.show(&row.note(format!("{many} processes, after {steps} steps and a clean stop")));
    let row = Row::new("open-killed", median(&mut killed), "s").repeats(repeats);
    run.show(&row.note(format!("{many} processes, after kill -9 in the midst of work")));
    Ok(())
}
