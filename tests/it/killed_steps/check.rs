//! Checks that a database contains every step that the program reported as done.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use viewflow::EventKind;
use viewflow::prelude::*;
use viewflow::store::TaskRecord;

use super::work::{Paper, PaperFlow, RELAXED, Step, TOLD, Trace, engine, open, text};

/// How far the clocks of two programs may differ, in milliseconds.
const MARGIN: u64 = 50;
/// The variable with the time of the power cut, in milliseconds.
const CUT: &str = "VIEWFLOW_TEST_CUT";

/// Collects all faults of a database.
pub struct Check {
    engine: Engine,
    /// By their numbers.
    traces: BTreeMap<u64, Trace>,
    pub faults: Vec<String>,
}

impl Check {
    pub fn open(place: &Path) -> Self {
        let store = open(place);
        let faults = store.verify().unwrap().faults;
        let engine = engine(store);
        let traces = engine.transaction(|db| db.table::<Trace>().all().list()).unwrap();
        let traces = traces.into_iter().map(|trace| (trace.number, trace)).collect();
        Self { engine, traces, faults }
    }

    /// The existing processes.
    pub fn processes(&self) -> BTreeSet<u64> {
        self.engine.processes::<PaperFlow>().list().unwrap().iter().map(|process| process.id.0).collect()
    }

    /// Whether the step exists, with everything that it wrote.
    pub fn has(&self, step: &Step) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{what}: {}", step.to_line().trim_end()));
        let trace = self.traces.get(&step.number);
        match trace {
            None => return wrong("a step is lost"),
            Some(trace) if (trace.process, &trace.node) != (step.process, &step.node) => {
                return wrong("its row is of another step");
            }
            Some(_) => {}
        }
        let Ok(process) = self.engine.process::<PaperFlow>(ProcessId(step.process)) else {
            return wrong("its process is lost");
        };
        let tasks = self.engine.tasks(process.id, 0, 100).map_err(|error| error.to_string())?;
        let is_done = |task: &TaskRecord| task.node == step.node && task.status == TaskStatus::Done;
        match tasks.iter().find(|task| is_done(task)) {
            None => wrong("its task is not done"),
            Some(task) if step.task != 0 && task.id.ordinal != step.task => wrong("its task is another one"),
            Some(_) if written(&process, &step.node).is_some_and(|found| found != text(step.number)) => {
                wrong("the process has not what it wrote")
            }
            Some(_) => Ok(()),
        }
    }

    /// Checks that no process exists in part.
    pub fn process(&mut self, id: u64) {
        let mut wrong = Vec::new();
        let id = ProcessId(id);
        let process = self.engine.process::<PaperFlow>(id).unwrap();
        let record = self.engine.process_record(id).unwrap();
        let tasks = self.engine.tasks(id, 0, 1000).unwrap();
        let events = self.engine.events(id, 0, 1000).unwrap();
        let count = |node: &str, status: Option<TaskStatus>| {
            let of_node = tasks.iter().filter(|task| task.node == node);
            of_node.filter(|task| status.is_none_or(|status| task.status == status)).count()
        };
        let traces: Vec<&Trace> = self.traces.values().filter(|trace| trace.process == id.0).collect();
        for node in ["start", "left", "right"] {
            let done = count(node, Some(TaskStatus::Done));
            let rows: Vec<_> = traces.iter().filter(|trace| trace.node == node).collect();
            let told = |event: &&viewflow::Event| matches!(&event.kind, EventKind::TaskFinished { node: of, .. } if of == node);
            let finished = events.iter().filter(told).count();
            if done != rows.len() || done > 1 || finished != done || count(node, None) != 1 {
                wrong.push(format!("`{node}` is done {done} times, in {} rows and {finished} events", rows.len()));
            }
            let of_process = written(&process, node).unwrap_or_default();
            let right = rows.first().map_or("", |row| row.text.as_str());
            if (node != "start" && of_process != right) || rows.iter().any(|row| row.text != text(row.number)) {
                wrong.push(format!("what `{node}` wrote is not whole"));
            }
        }
        let signatures = traces.len().saturating_sub(1);
        let joined = usize::from(signatures == 2);
        let counted = (process.signatures as usize, process.joined as usize);
        if counted != (signatures, joined) {
            wrong.push(format!("it counts {counted:?} signatures and joins, of {signatures} and {joined}"));
        }
        if [count("gather", Some(TaskStatus::Done)), count("seal", None), count("end", None)] != [joined; 3] {
            wrong.push(format!("its join was passed in other numbers than {joined}"));
        }
        if (process.status == ProcessStatus::Done) != (joined == 1) {
            wrong.push(format!("it is {}, with {joined} joins", process.status));
        }
        if record.tasks as usize != tasks.len() || !events.iter().map(|event| event.number).eq(1..=record.events) {
            wrong.push(format!("it has {} tasks and {} events", tasks.len(), events.len()));
        }
        self.faults.extend(wrong.into_iter().map(|what| format!("process {id}: {what}")));
    }

    /// Checks that all rows belong to existing processes, and that their indexed values find them.
    pub fn rows(&mut self, processes: &BTreeSet<u64>) {
        let lost = self.traces.values().filter(|trace| !processes.contains(&trace.process));
        self.faults.extend(lost.map(|trace| format!("row {} is of no process", trace.id)));
        for trace in self.traces.values() {
            let of_process = |db: &viewflow::Db| db.table::<Trace>().by(Trace::BY_PROCESS, trace.process).list();
            let of_number = |db: &viewflow::Db| db.table::<Trace>().by(Trace::BY_NUMBER, trace.number).list();
            let found = |rows: Vec<Trace>| rows.iter().filter(|row| row.id == trace.id).count();
            let counts = [self.engine.transaction(of_process), self.engine.transaction(of_number)];
            if counts.map(|rows| rows.map(found).unwrap_or_default()) != [1, 1] {
                self.faults.push(format!("row {} is not found by its indexes", trace.id));
            }
        }
    }
}

/// The text that a node wrote into its process.
fn written<'p>(process: &'p Paper, node: &str) -> Option<&'p str> {
    match node {
        "left" => Some(&process.left),
        "right" => Some(&process.right),
        _ => None,
    }
}

/// `tools/power-cut` runs this after a power cut. Keeps those reported lines that still hold.
#[test]
#[ignore = "it is what looks at a database after a power cut"]
fn the_database_has_what_was_told_before_the_power_was_cut() {
    let (Ok(place), Ok(told)) = (std::env::var(super::work::PLACE), std::env::var(TOLD)) else { return };
    let number = |name: &str| std::env::var(name).ok().map(|value| value.parse::<u64>().unwrap());
    let safe = number(RELAXED).map_or(u64::MAX, |window| number(CUT).unwrap() - window - MARGIN);
    let text = std::fs::read_to_string(&told).unwrap_or_default();
    let steps: Vec<Step> = text.split_inclusive('\n').filter_map(Step::read).collect();
    let mut check = Check::open(Path::new(&place));
    let (mut kept, mut lost) = (String::new(), 0);
    for step in &steps {
        match check.has(step) {
            Ok(()) => kept.push_str(&step.to_line()),
            Err(_) if step.at > safe => lost += 1,
            Err(fault) => check.faults.push(fault),
        }
    }
    let processes = check.processes();
    processes.iter().for_each(|id| check.process(*id));
    check.rows(&processes);
    println!("\n{} steps in {} processes are there, {lost} were not yet durable", steps.len() - lost, processes.len());
    assert!(check.faults.is_empty(), "{} faults:\n{}", check.faults.len(), check.faults.join("\n"));
    std::fs::write(told, kept).unwrap();
}
