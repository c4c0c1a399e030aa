//! The program that is killed: eight threads take steps, and report each step when it is done.

use std::convert::Infallible;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use viewflow::nodes::ViewNode;
use viewflow::prelude::*;
use viewflow::store::Durability;

use crate::support::user;

/// The variable that says where the program keeps its data.
pub const PLACE: &str = "VIEWFLOW_TEST_STEPS";
/// The variable that names a file for the reports, instead of the output.
pub const TOLD: &str = "VIEWFLOW_TEST_TOLD";
/// The variable that says after how many milliseconds a step is durable; without it a step is durable at once.
pub const RELAXED: &str = "VIEWFLOW_TEST_RELAXED";
const THREADS: u64 = 8;

/// The trace that each step writes.
#[derive(Entity, Clone, Debug)]
pub struct Trace {
    #[id]
    pub id: Id<Trace>,
    /// Different for each step, across all runs of the program.
    #[field(unique)]
    pub number: u64,
    #[field(index)]
    pub process: u64,
    pub node: String,
    pub text: String,
}

#[derive(Process, Clone, Debug)]
pub struct Paper {
    #[field(default = 0)]
    pub signatures: u32,
    #[field(default = 0)]
    pub joined: u32,
    pub left: String,
    pub right: String,
}

#[derive(Form, Clone, Debug)]
pub struct Signature {
    pub number: u64,
    pub text: String,
}

#[derive(Flow)]
#[flow(process = Paper)]
pub struct PaperFlow {
    #[input(u64)]
    #[call(Self::begin)]
    #[next(both)]
    start: StartHandle,

    #[branch(left)]
    #[branch(right)]
    both: Split,

    #[form(Signature)]
    #[submit(Self::sign_left)]
    #[next(gather)]
    left: View,

    #[form(Signature)]
    #[submit(Self::sign_right)]
    #[next(gather)]
    right: View,

    #[next(seal)]
    gather: Join,

    #[call(Self::seal)]
    #[next(end)]
    seal: Function,

    end: End,
}

impl PaperFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, number: u64) -> Result<()> {
        trace(a, number, "start")
    }

    fn sign_left(&self, a: &mut Activation<Self, ()>, form: Signature) -> Result<()> {
        a.process.signatures += 1;
        a.process.left = form.text;
        trace(a, form.number, "left")
    }

    fn sign_right(&self, a: &mut Activation<Self, ()>, form: Signature) -> Result<()> {
        a.process.signatures += 1;
        a.process.right = form.text;
        trace(a, form.number, "right")
    }

    fn seal(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.joined += 1;
        Ok(())
    }
}

/// Writes the trace of a step, with the same text as the process.
fn trace(a: &mut Activation<PaperFlow, ()>, number: u64, node: &str) -> Result<()> {
    let (process, node, text) = (a.process.id.0, node.to_owned(), text(number));
    a.table().insert(Trace { id: Id::NEW, number, process, node, text }).map(drop)
}

/// The text of a step. Most texts are short, some are long.
pub fn text(number: u64) -> String {
    let length = match number % 100 {
        41 => 1_000_000,
        digits if digits % 10 == 5 => 50_000,
        digits => 20 + usize::try_from(digits).unwrap(),
    };
    format!("{number}, ").repeat(length / 4).chars().take(length).collect()
}

/// A step that the program reported as done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The time of the report, in milliseconds.
    pub at: u64,
    pub process: u64,
    /// The task of the step; 0 if it is not known.
    pub task: u32,
    pub node: String,
    pub number: u64,
}

impl Step {
    fn now(process: u64, task: u32, node: &str, number: u64) -> Self {
        Self { at: millis(), process, task, node: node.to_owned(), number }
    }

    pub fn to_line(&self) -> String {
        format!("done {} {} {} {} {}\n", self.at, self.process, self.task, self.node, self.number)
    }

    /// `None` for other output, and for a line that was cut off.
    pub fn read(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.strip_prefix("done ")?.strip_suffix('\n')?.split(' ').collect();
        let [at, process, task, node, number] = words[..] else { return None };
        let (at, process, task) = (at.parse().ok()?, process.parse().ok()?, task.parse().ok()?);
        Some(Self { at, process, task, node: node.to_owned(), number: number.parse().ok()? })
    }
}

pub fn millis() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

pub fn open(place: &Path) -> SledStore {
    let durability = match std::env::var(RELAXED) {
        Ok(ms) => Durability::Relaxed { at_most: Duration::from_millis(ms.parse().unwrap()) },
        Err(_) => Durability::Full,
    };
    // So short that something is always on its way into the tree.
    SledStore::options().durability(durability).journal(128 << 10).open(place).unwrap()
}

pub fn engine(store: SledStore) -> Engine {
    Engine::builder(store).flow(PaperFlow::new()).build().unwrap()
}

/// The output for the reports of steps: each in one piece, and at once.
struct Teller(Option<PathBuf>);

impl Teller {
    fn tell(&self, line: &str) {
        match &self.0 {
            None => {
                let mut out = std::io::stdout().lock();
                out.write_all(line.as_bytes()).and_then(|()| out.flush()).unwrap();
            }
            Some(path) => {
                let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
                file.unwrap().write_all(line.as_bytes()).unwrap();
            }
        }
    }
}

#[test]
#[ignore = "it is what is run and killed"]
fn a_program_on_eight_threads() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let engine = engine(open(Path::new(&place)));
    let teller = Teller(std::env::var_os(TOLD).map(PathBuf::from));
    // Above all existing numbers, reported or not.
    let last = engine.transaction(|db| db.table::<Trace>().all().list()).unwrap();
    let next = AtomicU64::new(last.iter().map(|trace| trace.number).max().unwrap_or(0) + 1);
    drop(last);
    let interrupted = engine.processes::<PaperFlow>().with_status(ProcessStatus::New).list().unwrap();
    teller.tell("\nat work\n");
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (engine, teller, next) = (&engine, &teller, &next);
            // Processes that were open at the last kill come first; each thread has its share of them.
            let share = interrupted.iter().map(|process| process.id).filter(|id| id.0 % THREADS == thread);
            let share: Vec<ProcessId> = share.collect();
            scope.spawn(move || {
                let stopped = go_on(engine, teller, next, share).unwrap_err();
                teller.tell(&format!("stopped {stopped}\n"));
            });
        }
    });
}

/// Works until it fails.
fn go_on(engine: &Engine, teller: &Teller, next: &AtomicU64, share: Vec<ProcessId>) -> Result<Infallible> {
    share.into_iter().try_for_each(|process| sign(engine, teller, next, process))?;
    loop {
        round(engine, teller, next)?;
    }
}

/// Starts a process and brings it to its end.
fn round(engine: &Engine, teller: &Teller, next: &AtomicU64) -> Result<()> {
    let number = next.fetch_add(1, Ordering::SeqCst);
    let id = engine.run(PaperFlow::start, number)?.id;
    teller.tell(&Step::now(id.0, 0, "start", number).to_line());
    sign(engine, teller, next, id)
}

/// Does the open tasks of a process.
fn sign(engine: &Engine, teller: &Teller, next: &AtomicU64, process: ProcessId) -> Result<()> {
    for task in engine.tasks(process, 0, 100)? {
        let left = task.node == "left";
        if task.status.is_final() || !(left || task.node == "right") {
            continue;
        }
        let number = next.fetch_add(1, Ordering::SeqCst);
        let form = Signature { number, text: text(number) };
        // If ann already had the task before the kill, the assignment changes nothing.
        if left {
            perform(engine, PaperFlow::left, task.id, form)?;
        } else {
            perform(engine, PaperFlow::right, task.id, form)?;
        }
        teller.tell(&Step::now(process.0, task.id.ordinal, &task.node, number).to_line());
    }
    Ok(())
}

fn perform(engine: &Engine, node: ViewNode<PaperFlow, (), Signature>, id: TaskId, form: Signature) -> Result<()> {
    let ann = user("ann");
    engine.task(node, id)?.assign(&ann)?.execute(&ann, form)
}
