//! An operation costs only what it touches. The tests count each operation of the engine among few and among a
//! hundred times as many.
//!
//! The matrix has all operations and all dimensions. The cost is flat in each place of it, except those in
//! [`GROWS`].

mod flows;
mod lab;
mod operations;

use std::collections::BTreeSet;
use std::path::Path;

use lab::{Cost, Dimension, Lab};
use operations::{ASK_NOTHING, operations};

const FEW: u32 = 1;
const MANY: u32 = 100 * FEW;
/// This many more reads and records do not count as growth. Among many, an operation may read a full page, or all
/// between two summaries of a past.
const SLACK: u64 = 32;
/// This many more bytes do not count as growth: those records are at most that long.
const BYTES: u64 = 20_000;

/// How a cost may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Growth {
    /// The operation returns or changes as many as exist, with at most this many reads and records for each.
    Linear(u64),
    /// The operation reads a page of at most this many entries of a list in each of two passes.
    Page(u64),
}

use Dimension::{
    Barred, Branches, Children, Conditions, OpenTasks, OwnConditions, Past, Permissions, Referring, Rows, Starts,
    Subscribers, Waiting,
};
use Growth::{Linear, Page};

/// The operations that measure a pass over the pending work.
const PASSES: &[&str] = &[
    "Engine::run_pending, with nothing to do",
    "Engine::run_pending, a job",
    "Engine::run_pending, a timer",
    "Engine::run_pending, a message that is awaited",
    "Engine::run_pending, a message that was kept",
    "Engine::run_pending, a signal",
    "Engine::run_pending, a row that a condition has read",
    "JobRun::load",
    "JobRun::table",
];

/// The places where operations may cost more among more. A test checks that each of them does grow.
const GROWS: &[(Growth, &[Dimension], &[&str])] = &[
    // Operations on all open tasks.
    (
        Linear(4),
        &[Branches, OwnConditions],
        &["Engine::cancel", "Engine::suspend", "Engine::resume", "Engine::marks", "Desk::process"],
    ),
    // The past is made from all events, and names all tasks.
    (Linear(16), &[Past, Branches, OwnConditions], &["Desk::process_at"]),
    // A page of tasks, and one of events.
    (Page(64), &[Past], &["Desk::process"]),
    // Everything that is forgotten.
    (Linear(16), &[Past, Branches, OwnConditions], &["Engine::purge"]),
    // Everything that the caller asks for.
    (Linear(4), &[Children], &["Activation::children", "OpenSubprocess::children"]),
    (Linear(1), &[Rows], &["Query::list", "Query::count"]),
    (
        Linear(30),
        &[OpenTasks, Waiting, Conditions, Permissions, Barred, Branches, OwnConditions],
        &["EngineBuilder::plan"],
    ),
    (Linear(1), &[Subscribers], &["Engine::subscriptions"]),
    // The position of each subscriber is read, and each hears all new events.
    (Linear(32), &[Subscribers], &["EngineBuilder::build", "Engine::purge", "Engine::next_due"]),
    (Linear(32), &[Subscribers], PASSES),
    // A user that does not list their permissions is asked about each permission in use.
    (Linear(2), &[Permissions], &["TaskQuery::page, of a queue of somebody who does not tell their permissions"]),
    // A pass reads a page of the timers that are due next.
    (Page(64), &[Waiting], PASSES),
    // The step changes the process's data, which the conditions in the process may have read.
    (
        Linear(8),
        &[OwnConditions],
        &[
            "OpenHandle::run",
            "OpenHandle::run, to a node with not_by",
            "OpenHandle::run, to a node with same_as",
            "OpenHandle::run, to a compensation",
            "Activation::load",
            "Activation::change",
            "Activation::table",
            "Activation::done_by",
            "Activation::arrived",
            "Activation::branch_count",
            "Activation::branch",
            "Activation::child",
            "Activation::children",
        ],
    ),
    // A flow with this many starts.
    (Linear(10), &[Starts], &["EngineBuilder::build", "EngineBuilder::plan", "TaskLines::page, of all tasks"]),
    // The engine searches the open tasks of the process for those of the node.
    (Linear(4), &[Branches, OwnConditions], &["Engine::open_task"]),
    // For tasks that the person is barred from, the engine reads the entries of lists, but no records.
    (
        Linear(3),
        &[Barred],
        &[
            "TaskQuery::page, of a queue",
            "TaskQuery::page, of a queue by priority",
            "TaskLines::page, of a queue",
            "TaskLines::count, of a queue",
        ],
    ),
    // The engine counts up to 99.
    (Linear(1), &[OpenTasks], &["TaskLines::count, of an inbox"]),
    (Linear(2), &[Children], &["ProcessLines::count, of the children of a task"]),
    // The engine reads the referring rows by pages, until one of them prevents the deletion.
    (Page(64), &[Referring], &["Table::delete, of a row that is held"]),
];

fn growth(operation: &str, dimension: Dimension) -> Option<Growth> {
    let mut found = None;
    for (growth, dimensions, operations) in GROWS {
        if dimensions.contains(&dimension) && operations.contains(&operation) {
            assert!(found.replace(*growth).is_none(), "{operation} stands twice for {dimension:?}");
        }
    }
    found
}

/// Whether an operation costs the same among few and among many.
fn is_flat(few: &Cost, many: &Cost) -> bool {
    few.0.iter().zip(&many.0).all(|((what, few), (_, many))| {
        let slack = if *what == "bytes" { BYTES } else { SLACK };
        *many <= few + slack
    })
}

/// A message about the growth.
fn told(name: &str, few: &Cost, many: &Cost) -> String {
    let grown = few.0.iter().zip(&many.0).filter(|((_, few), (_, many))| many > few);
    let grown: Vec<_> = grown.map(|((what, few), (_, many))| format!("{few} and {many} {what}")).collect();
    format!("{name}: {}", grown.join(", "))
}

/// Whether the operation only reads more entries of a page.
fn is_page(few: &Cost, many: &Cost, entries: u64) -> bool {
    few.0.iter().zip(&many.0).all(|((what, few), (_, many))| match *what {
        "records read" => *many <= few + 2 * entries,
        "bytes" => *many <= few + 1_000 * entries,
        _ => *many <= few + SLACK,
    })
}

/// Whether the operation costs at most `each` for each.
fn is_linear(few: &Cost, many: &Cost, each: u64) -> bool {
    few.0.iter().zip(&many.0).all(|((what, few), (_, many))| {
        let each = if *what == "bytes" { 1_000 * each } else { each };
        *many <= few + each * u64::from(MANY - FEW)
    })
}

/// Checks the cost of all operations in a dimension.
fn hold(dimension: Dimension) {
    let [few, many] = [FEW, MANY].map(|size| {
        let lab = Lab::new(dimension, size);
        operations()
            .map(|(name, operation)| {
                let cost = operation(&lab);
                lab.clear();
                (*name, cost)
            })
            .collect::<Vec<_>>()
    });
    let mut wrong = Vec::new();
    for ((name, few), (_, many)) in few.iter().zip(&many) {
        let told = told(name, few, many);
        match (growth(name, dimension), is_flat(few, many)) {
            (None, false) => wrong.push(format!("grows: {told}")),
            (Some(listed), true) => wrong.push(format!("is flat, and is listed as {listed:?}: {told}")),
            (Some(Linear(each)), false) if !is_linear(few, many, each) => wrong.push(format!("grows too much: {told}")),
            (Some(Page(entries)), false) if !is_page(few, many, entries) => {
                wrong.push(format!("reads more than pages: {told}"));
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "among {FEW} and {MANY} of {dimension:?}:\n{}", wrong.join("\n"));
}

macro_rules! dimensions {
    ($($test:ident: $dimension:ident,)*) => {
        $(#[test]
        fn $test() {
            hold(Dimension::$dimension);
        })*

        #[test]
        fn each_dimension_is_held() {
            let held = [$(Dimension::$dimension),*];
            for (_, dimensions, listed) in GROWS {
                for operation in *listed {
                    assert!(operations().any(|(name, _)| name == operation), "{operation} is no operation");
                }
                dimensions.iter().for_each(|dimension| assert!(held.contains(dimension), "{dimension:?}"));
            }
        }
    };
}

dimensions! {
    it_costs_the_same_however_many_tasks_are_open: OpenTasks,
    it_costs_the_same_however_many_processes_are_over: Over,
    it_costs_the_same_however_many_rows_its_table_has: Rows,
    it_costs_the_same_however_many_rows_other_tables_have: OtherRows,
    it_costs_the_same_however_many_rows_refer: Referring,
    it_costs_the_same_however_many_wait_for_something_else: Waiting,
    it_costs_the_same_however_many_messages_are_kept_for_others: Kept,
    it_costs_the_same_however_many_messages_are_kept_together: KeptTogether,
    it_costs_the_same_however_many_conditions_others_have: Conditions,
    it_costs_the_same_however_many_permissions_are_in_use: Permissions,
    it_costs_the_same_however_many_tasks_a_person_is_barred_from: Barred,
    it_costs_the_same_however_many_subscribe: Subscribers,
    it_costs_the_same_however_many_starts_have_their_time: Starts,
    it_costs_the_same_however_long_the_past_is: Past,
    it_costs_the_same_however_many_branches_are_open: Branches,
    it_costs_the_same_however_many_conditions_the_process_has: OwnConditions,
    it_costs_the_same_however_many_children_a_task_has: Children,
    it_costs_the_same_however_long_the_document_is: Text,
}

/// The public functions that an application calls: on the engine, on the values that it returns, and on the
/// arguments of handlers.
fn public_functions() -> BTreeSet<String> {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../viewflow-core/src");
    let mut found = BTreeSet::new();
    let mut files: Vec<_> = ["engine", "engine.rs", "data/table.rs", "flow/activation.rs", "flow/job.rs", "unit.rs"]
        .map(|name| core.join(name))
        .into();
    while let Some(file) = files.pop() {
        if file.is_dir() {
            files.extend(std::fs::read_dir(&file).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let mut of = String::new();
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            if let Some(head) = line.strip_prefix("impl") {
                // The text between the type's parameters and its arguments.
                let head =
                    if head.starts_with('<') { head.split_once("> ").map_or("", |(_, head)| head) } else { head };
                of.clear();
                of.extend(head.trim_start().chars().take_while(|sign| sign.is_alphanumeric()));
            }
            let function = line.strip_prefix("    pub fn ").or_else(|| line.strip_prefix("    pub async fn "));
            if let Some(function) = function {
                let name = function.split(['(', '<']).next().unwrap_or_default();
                found.insert(format!("{of}::{name}"));
            }
        }
    }
    found
}

#[test]
fn each_public_operation_has_its_row_and_each_row_its_operation() {
    let mut rows: BTreeSet<String> = ASK_NOTHING.iter().map(|name| (*name).to_owned()).collect();
    for (name, _) in operations() {
        let name = name.split(", ").next().unwrap_or_default();
        assert!(!ASK_NOTHING.contains(&name), "{name} asks nothing, and is counted");
        rows.insert(name.to_owned());
    }
    let functions = public_functions();
    let without: Vec<_> = functions.difference(&rows).collect();
    assert!(without.is_empty(), "without a row in tests/it/flat/operations.rs: {without:?}");
    let gone: Vec<_> = rows.difference(&functions).collect();
    assert!(gone.is_empty(), "rows of what is no public function: {gone:?}");
}
