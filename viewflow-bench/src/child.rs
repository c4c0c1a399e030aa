//! A separate process for each store, with its own memory and files, which can be killed alone.
//!
//! The child opens the store and reports how long that took. It answers each line of its input with one number.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use viewflow::engine::TaskCursor;
use viewflow::prelude::{Engine, ProcessId};
use viewflow::store::{Cursor, TaskList, task_lists};

use crate::flows::{self, somebody, task_of};
use crate::measure::{Random, Result, float, in_threads, micros};
use crate::stores;

/// The number of tasks on a page of the inbox.
const PAGE: usize = 25;

/// The time at which the store of a child syncs.
#[derive(Clone, Copy)]
pub(crate) enum Durability {
    /// Before a step is acknowledged.
    Immediate,
    /// At intervals.
    Relaxed,
}

/// The child as its parent sees it.
pub(crate) struct Child {
    process: std::process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// The time that it took to open the store, in seconds.
    pub opened: f64,
}

impl Child {
    /// Starts a child with this store.
    pub(crate) fn open(path: &Path, durability: Durability) -> Result<Self> {
        let durability = match durability {
            Durability::Immediate => "immediate",
            Durability::Relaxed => "relaxed",
        };
        let mut process = Command::new(std::env::current_exe()?)
            .arg("child")
            .arg(path)
            .arg(durability)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("a child without pipes".into());
        };
        let mut child = Self { process, input, output: BufReader::new(output), opened: 0.0 };
        child.opened = child.answer()?;
        Ok(child)
    }

    /// Sends a command to the child, and returns the number that it answers.
    pub(crate) fn ask(&mut self, command: &str) -> Result<f64> {
        writeln!(self.input, "{command}")?;
        self.answer().map_err(|error| format!("{command}: {error}").into())
    }

    fn answer(&mut self) -> Result<f64> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        line.trim().parse().map_err(|_| format!("the child answers `{}`", line.trim()).into())
    }

    /// Lets the child close its store and exit.
    pub(crate) fn close(self) -> Result<()> {
        let Self { mut process, input, .. } = self;
        drop(input);
        let status = process.wait()?;
        if status.success() { Ok(()) } else { Err(format!("a child ended with {status}").into()) }
    }

    /// Kills the child at once, in the middle of its work.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

/// Runs the child.
pub(crate) fn serve(arguments: &[String]) -> Result<()> {
    let [path, durability] = arguments else { return Err("which store?".into()) };
    let path = Path::new(path);
    let begun = Instant::now();
    let store = if durability == "relaxed" { stores::open_relaxed(path)? } else { stores::open(path)? };
    println!("{}", begun.elapsed().as_secs_f64());
    let engine = flows::engine(store)?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.split(' ');
        let command = words.next().unwrap_or_default();
        let numbers = words.map(str::parse).collect::<Result<Vec<usize>, _>>()?;
        match answer(&engine, command, &numbers) {
            Ok(number) => println!("{number}"),
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}

fn answer(engine: &Engine, command: &str, numbers: &[usize]) -> Result<f64> {
    match (command, numbers) {
        ("hello", &[processes, threads]) => flows::hello(engine, threads, processes).map(float),
        ("fill", &[processes, threads]) => flows::fill(engine, threads, processes).map(|()| 0.0),
        ("front", &[rounds]) => micros(rounds, || page(engine, None)),
        ("anywhere", &[rounds, processes]) => {
            let mut random = Random::new(rounds);
            micros(rounds, || page(engine, Some(anywhere(engine, &mut random, processes)?)))
        }
        ("step", &[rounds, processes]) => steps(engine, rounds, processes),
        ("work", &[steps, processes, threads]) => work(engine, steps, processes, threads).map(|()| 0.0),
        ("toil", &[processes, threads]) => {
            let engine = engine.clone();
            std::thread::spawn(move || work(&engine, usize::MAX, processes, threads));
            Ok(0.0)
        }
        ("resident", []) => resident().map(float),
        ("written", []) => told("/proc/self/io", "write_bytes:").map(float),
        ("logged", []) => told("/proc/self/io", "wchar:").map(float),
        ("writes", []) => told("/proc/self/io", "syscw:").map(float),
        _ => Err("no such command".into()),
    }
}

/// Reads a page of the inbox, and returns the time that it took, in seconds.
fn page(engine: &Engine, after: Option<Cursor>) -> Result<f64> {
    let begun = Instant::now();
    let page = engine.inbox(&somebody()).page(after.map(TaskCursor::from), PAGE)?;
    let time = begun.elapsed().as_secs_f64();
    if page.items.len() == PAGE { Ok(time) } else { Err("a page is not full".into()) }
}

/// Returns the place of a random task in the inbox, before the last pages.
fn anywhere(engine: &Engine, random: &mut Random, processes: usize) -> Result<Cursor> {
    let inbox = TaskList::Inbox(somebody(), None);
    // Several threads filled the inbox at once, so the order of its tasks is not exact.
    let number = 1 + random.below((processes - processes / 8) as u64);
    let task = engine.task_record(task_of(ProcessId(number)))?;
    let place = task_lists(&task).into_iter().find(|(list, _)| *list == inbox);
    Ok(place.ok_or("a task that is not in the inbox")?.1)
}

/// Returns the median time of a step on a random process, in microseconds.
///
/// The step returns the task to the queue. Then the task is assigned again, outside of the measured time.
fn steps(engine: &Engine, rounds: usize, processes: usize) -> Result<f64> {
    let mut random = Random::new(rounds);
    micros(rounds, || {
        let id = task_of(ProcessId(1 + random.below(processes as u64)));
        let begun = Instant::now();
        engine.unassign(id, &somebody())?;
        let time = begun.elapsed().as_secs_f64();
        engine.assign(id, &somebody())?;
        Ok(time)
    })
}

/// Takes `steps` steps on several threads: half of them on stored processes, half on new ones.
fn work(engine: &Engine, steps: usize, processes: usize, threads: usize) -> Result<()> {
    in_threads(threads, |number| {
        let mut random = Random::new(number);
        let mut left = steps / threads;
        while left > 0 {
            flows::approve(engine, flows::start_hello(engine)?)?;
            // Each thread has its own processes.
            let index = random.below((processes / threads) as u64) * threads as u64 + number as u64;
            let id = task_of(ProcessId(1 + index));
            engine.unassign(id, &somebody())?;
            engine.assign(id, &somebody())?;
            left = left.saturating_sub(flows::HELLO_STEPS + 2);
        }
        Ok(())
    })
}

/// Returns the memory of this program that is in use, in bytes.
pub(crate) fn resident() -> Result<u64> {
    Ok(told("/proc/self/status", "VmRSS:")? * 1024)
}

fn told(file: &str, name: &str) -> Result<u64> {
    let text = std::fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next()).ok_or_else(|| format!("no {name} in {file}"))?;
    Ok(number.parse()?)
}
