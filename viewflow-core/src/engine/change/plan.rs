//! Finds what the store holds that the current flows cannot go on with, and reports it before anything runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use viewflow_graph::{Kind, within};
use viewflow_store::__private::Names;
use viewflow_store::{
    Cursor, NodeName, ProcessData, ProcessList, ProcessRecord, ProcessStatus, ScopeId, Store, StoreError, TaskId,
    TaskList, TaskRecord, TaskStatus, WaitsFor,
};

use crate::definition::{Definition, Flows, Wait};
use crate::engine::change::renewal::{Renewal, Replaced};
use crate::error::{Error, Result};
use crate::kernel::{ROOT, split_names, splits_around};
use crate::unit::Db;

/// What flows would find in a store: [`EngineBuilder::plan`](crate::EngineBuilder::plan).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// The flows, by name.
    pub flows: Vec<FlowPlan>,
    /// Open tasks that the flows cannot go on with, by flow and node.
    pub mismatches: Vec<Mismatch>,
    /// Names in the store that are known only from `#[was(..)]`. Each has to stay in its `#[was(..)]` as long as it is
    /// in this list.
    pub earlier: Vec<NodeName>,
    /// Values that are stored in the form of an earlier version. They get the current form.
    pub renewals: Vec<Renewal>,
    /// The renewals by another version of the program since this one. If there are any, this version is not built,
    /// unless it is to take over.
    pub replaced: Vec<Replaced>,
}

/// The running processes of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlowPlan {
    /// The stored name of the flow.
    pub flow: String,
    /// The fingerprint of the current flow.
    pub shape: String,
    /// How many processes are running or suspended.
    pub running: u64,
    /// How many of them were started with another shape, by its fingerprint. An unknown fingerprint is empty.
    pub other_shapes: BTreeMap<String, u64>,
}

/// Open tasks of a node that the current flow cannot go on with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// The node, as the tasks name it.
    pub node: NodeName,
    /// The minimum number of such tasks.
    pub tasks: u64,
    /// One of the tasks.
    pub example: TaskId,
    /// The problem.
    pub reason: MismatchReason,
}

/// Why a flow cannot go on with an open task.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MismatchReason {
    /// The engine does not have the flow.
    FlowGone,
    /// The flow no longer has such a node.
    NodeGone(Kind),
    /// The flow no longer has such a split or join, and its branches are open.
    BranchesOpen(Kind),
    /// The node is of another kind now.
    OtherKind {
        /// The kind of the task.
        was: Kind,
        /// The kind of the node.
        is: Kind,
    },
    /// The node is within other splits now. The outermost split comes first.
    OtherScope {
        /// The splits that are open around the task.
        was: Vec<String>,
        /// The splits around the node.
        is: Vec<String>,
    },
    /// The node waits for another signal or message now.
    OtherCall {
        /// The name of what the task waits for.
        was: String,
        /// The name of what the node waits for.
        is: String,
    },
    /// The stored data of the process or the task cannot be read.
    Data(String),
}

impl MismatchReason {
    /// Returns whether [`keep_obsolete`](crate::EngineBuilder::keep_obsolete) still allows the engine to be built: only
    /// these tasks are affected.
    pub fn can_be_kept(&self) -> bool {
        matches!(self, Self::NodeGone(_) | Self::OtherCall { .. } | Self::Data(_))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for flow in &self.flows {
            write!(f, "flow `{}` ({}): {} running", flow.flow, flow.shape, flow.running)?;
            for (shape, count) in &flow.other_shapes {
                let shape = if shape.is_empty() { "unknown" } else { shape };
                write!(f, ", {count} of them started with shape {shape}")?;
            }
            writeln!(f)?;
        }
        for mismatch in &self.mismatches {
            writeln!(f, "- {mismatch}")?;
        }
        if self.mismatches.is_empty() {
            writeln!(f, "every open task has its place")?;
        }
        self.earlier.iter().try_for_each(|NodeName { flow, node }| {
            writeln!(f, "`{flow}.{node}` is stored: the `#[was(..)]` of its flow or its node has to stay")
        })?;
        self.renewals.iter().try_for_each(|renewal| writeln!(f, "{renewal}"))?;
        self.replaced
            .iter()
            .try_for_each(|replaced| writeln!(f, "{replaced}: `build()` refuses this one without `take_over()`"))
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { node: NodeName { flow, node }, tasks, example, reason } = self;
        write!(f, "the store has open tasks of `{flow}.{node}` (at least {tasks}; task {example}, say), ")?;
        let within = |splits: &[String]| within(&splits.iter().map(String::as_str).collect::<Vec<_>>());
        match reason {
            MismatchReason::FlowGone => f.write_str(
                "which is of a flow that is not here: give the flow to the builder until they are done, or give its replacement \
                 `#[was(\"..\")]`",
            ),
            MismatchReason::NodeGone(_) => write!(
                f,
                "which is no node of the flow here: keep the node until they are done; or give its replacement \
                 `#[was(\"{node}\")]`; or build with `keep_obsolete()`, and then cancel or move them"
            ),
            MismatchReason::BranchesOpen(kind) => write!(
                f,
                "which is no node of the flow here, and was {} whose branches are open: keep it until they are joined, or \
                 give its replacement `#[was(\"{node}\")]`",
                kind.with_article()
            ),
            MismatchReason::OtherKind { was, is } => write!(
                f,
                "which was {} and is {} here: keep the old node until they are done, and give the new one a name of its own",
                was.with_article(),
                is.with_article()
            ),
            MismatchReason::OtherScope { was, is } => write!(
                f,
                "which are {}, and the node is {} here: keep it where it was until they are done, and give the new node \
                 a name of its own",
                within(was),
                within(is)
            ),
            MismatchReason::OtherCall { was, is } => write!(
                f,
                "which wait for `{was}`, and the node waits for `{is}` here: keep the name of what they wait for; or build with \
                 `keep_obsolete()`, and then cancel and revive them, or move them"
            ),
            MismatchReason::Data(error) => write!(
                f,
                "which cannot be read: {error}. Give fields of another type `#[field(from = ..)]`, new fields a default, \
                 and all fields rules that stored values keep; or build with `keep_obsolete()`, and then cancel the tasks"
            ),
        }
    }
}

/// The statuses of open tasks.
pub(in crate::engine) const OPEN: [TaskStatus; 5] =
    [TaskStatus::New, TaskStatus::Assigned, TaskStatus::Scheduled, TaskStatus::Started, TaskStatus::Error];
/// How many tasks are read at a time.
const PAGE: usize = 256;

/// Compares the open tasks of a store with the flows. Of some flows it looks closely at all tasks, with their scopes
/// and their data. Of others it looks at one task of each node and status.
pub(in crate::engine) fn survey(
    store: &Arc<dyn Store>,
    flows: &Flows,
    closely: &dyn Fn(&Definition) -> bool,
) -> Result<Plan> {
    let mut survey = Survey { store, flows, found: BTreeMap::new() };
    each_node(&**store, |node| {
        let def = flows.get(node.flow.as_str());
        let all = def.is_some_and(|def| closely(def));
        OPEN.into_iter().try_for_each(|status| survey.look(node, status, all))
    })?;
    Ok(Plan { mismatches: survey.found.into_values().collect(), ..Plan::default() })
}

/// Returns the former names of flows and nodes in a store, which is read as it is. They are in tasks, in the splits
/// around open tasks, and in the nodes to which their timeouts lead.
pub(in crate::engine) fn earlier(store: &dyn Store, names: &Names) -> Result<Vec<NodeName>> {
    let mut found = BTreeSet::new();
    let mut note = |name: NodeName| {
        if names.today(&name) != name {
            found.insert(name);
        }
    };
    each_node(store, |node| {
        for status in OPEN {
            each_task(store, &TaskList::Status(node.clone(), status), |task| {
                let others = other_nodes(store, &task)?;
                others.into_iter().for_each(|node| note(NodeName { flow: task.flow.clone(), node }));
                Ok(ControlFlow::Continue(()))
            })?;
        }
        note(node.clone());
        Ok(())
    })?;
    Ok(found.into_iter().collect())
}

/// Returns the nodes that are named for an open task, besides its own.
fn other_nodes(store: &dyn Store, task: &TaskRecord) -> Result<Vec<String>> {
    let mut others: Vec<String> = task.timeouts.iter().map(|timeout| timeout.then.clone()).collect();
    let mut number = task.around.unwrap_or(task.scope);
    while number != ROOT {
        let Some(scope) = readable(store.scope(ScopeId { process: task.id.process, number }))? else { break };
        others.extend(scope.split.map(|(name, _)| name));
        number = scope.parent.unwrap_or(ROOT);
    }
    Ok(others)
}

fn each_node(store: &dyn Store, mut look: impl FnMut(&NodeName) -> Result<()>) -> Result<()> {
    let mut after: Option<NodeName> = None;
    loop {
        let nodes = store.nodes(after.as_ref(), PAGE)?;
        let Some(last) = nodes.last() else { return Ok(()) };
        after = Some(last.clone());
        nodes.iter().try_for_each(&mut look)?;
    }
}

/// Visits each task of a list until `look` breaks. Skips damaged tasks, which are reported where they are used.
pub(super) fn each_task(
    store: &dyn Store,
    list: &TaskList,
    mut look: impl FnMut(TaskRecord) -> Result<ControlFlow<()>>,
) -> Result<()> {
    // If `look` breaks, it does so at the first task.
    let (mut after, mut limit): (Option<Cursor>, _) = (None, 1);
    loop {
        let page = store.list_tasks(list, after, limit)?;
        let Some(end) = page.last() else { return Ok(()) };
        (after, limit) = (Some(*end), PAGE);
        for listed in page {
            let Some(task) = readable(store.task(listed.task))? else { continue };
            if look(task)?.is_break() {
                return Ok(());
            }
        }
    }
}

/// Counts the running processes of each flow, by the shape with which they were started.
pub(in crate::engine) fn count(store: &dyn Store, flows: &Flows) -> Result<Vec<FlowPlan>> {
    let count = |def: &Arc<Definition>| {
        let mut plan =
            FlowPlan { flow: def.name.to_owned(), shape: def.shape.clone(), running: 0, other_shapes: BTreeMap::new() };
        for status in [ProcessStatus::New, ProcessStatus::Suspended] {
            let list = ProcessList::Status(def.name.to_owned(), status);
            let mut after = None;
            loop {
                let page = store.list_processes(&list, after, PAGE)?;
                let Some(end) = page.last() else { break };
                after = Some(*end);
                for id in page {
                    let Some(process) = readable(store.process(id))? else { continue };
                    plan.running += 1;
                    if process.shape != def.shape {
                        *plan.other_shapes.entry(process.record.shape).or_default() += 1;
                    }
                }
            }
        }
        Ok(plan)
    };
    flows.values().map(count).collect()
}

struct Survey<'s> {
    store: &'s Arc<dyn Store>,
    flows: &'s Flows,
    found: BTreeMap<(NodeName, MismatchReason), Mismatch>,
}

impl Survey<'_> {
    fn look(&mut self, node: &NodeName, status: TaskStatus, all: bool) -> Result<()> {
        let mut last = None;
        each_task(&**self.store, &TaskList::Status(node.clone(), status), |task| {
            if let Some(reason) = self.judge(&task, all, &mut last)? {
                self.note(node, &task, reason);
            }
            Ok(if all { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })
    }

    fn note(&mut self, node: &NodeName, task: &TaskRecord, reason: MismatchReason) {
        // One example of unreadable data is enough.
        let key =
            if let MismatchReason::Data(_) = reason { MismatchReason::Data(String::new()) } else { reason.clone() };
        let mismatch = Mismatch { node: node.clone(), tasks: 0, example: task.id, reason };
        self.found.entry((node.clone(), key)).or_insert(mismatch).tasks += 1;
    }

    /// Returns why the flow cannot go on with a task. `last` is the process of the previous task, as many tasks share
    /// one process.
    fn judge(
        &self,
        task: &TaskRecord,
        closely: bool,
        last: &mut Option<(ProcessRecord, ProcessData)>,
    ) -> Result<Option<MismatchReason>> {
        let Some(def) = self.flows.get(task.flow.as_str()) else { return Ok(Some(MismatchReason::FlowGone)) };
        let Some(index) = def.find(&task.node) else {
            let has_branches = task.kind.is_split() || task.kind == Kind::Join;
            return Ok(Some(if has_branches {
                MismatchReason::BranchesOpen(task.kind)
            } else {
                MismatchReason::NodeGone(task.kind)
            }));
        };
        let node = &def.nodes[index];
        if !node.kind.stands_for(task.kind) {
            return Ok(Some(MismatchReason::OtherKind { was: task.kind, is: node.kind }));
        }
        let (was, is) = match (&task.waits_for, &node.wait) {
            (Some(WaitsFor::Signal(was)), Wait::Signal(is)) => (&**was, *is),
            (Some(WaitsFor::Message { name, .. }), Wait::Message(message)) => (&**name, message.name),
            _ => ("", ""),
        };
        if was != is {
            return Ok(Some(MismatchReason::OtherCall { was: was.to_owned(), is: is.to_owned() }));
        }
        if !closely || node.undoes {
            return Ok(None);
        }
        if let Some(reason) = self.other_scope(def, index, task)? {
            return Ok(Some(reason));
        }
        if last.as_ref().is_none_or(|(last, _)| last.id != task.id.process) {
            let process = readable(self.store.process(task.id.process))?.map(|stored| stored.record);
            *last = process.zip(readable(self.store.process_data(task.id.process))?);
        }
        let Some((process, data)) = last else { return Ok(None) };
        match self.open(def, index, process, data, task) {
            Ok(()) => Ok(None),
            Err(error @ (Error::Store(_) | Error::Internal(_))) => Err(error),
            Err(error) => Ok(Some(MismatchReason::Data(error.to_string()))),
        }
    }

    fn open(
        &self,
        def: &Definition,
        node: usize,
        process: &ProcessRecord,
        data: &ProcessData,
        task: &TaskRecord,
    ) -> Result<()> {
        let db = Db::reader(Arc::clone(self.store), task.created);
        let columns = db.columns(def.process.table, process.id)?;
        let proxy = (def.process.open)(process, data, columns)?;
        (def.nodes[node].open)(proxy, task, db).map(drop)
    }

    fn other_scope(&self, def: &Definition, node: usize, task: &TaskRecord) -> Result<Option<MismatchReason>> {
        let Some(sound) = &def.sound else { return Ok(None) };
        let process = task.id.process;
        let read = |number| Ok(self.store.scope(ScopeId { process, number })?);
        let mut was = splits_around(def, task.scope, read)?;
        let mut is: Vec<Option<usize>> = sound.scope(node).into_iter().map(Some).collect();
        // A join also waits for the branches of its own split.
        if let (Kind::Join, Some(around)) = (def.nodes[node].kind, task.around)
            && self.store.scope(ScopeId { process, number: around })?.is_some()
        {
            was = splits_around(def, around, read)?;
            is.push(sound.split_of(node));
        }
        if was == is {
            return Ok(None);
        }
        let named = |splits: &[Option<usize>]| split_names(def, splits).into_iter().map(str::to_owned).collect();
        Ok(Some(MismatchReason::OtherScope { was: named(&was), is: named(&is) }))
    }
}

/// Returns a record, unless it is damaged: damage is reported where the record is used.
fn readable<R>(read: std::result::Result<Option<R>, StoreError>) -> Result<Option<R>> {
    match read {
        Err(StoreError::Damaged { .. }) => Ok(None),
        read => Ok(read?),
    }
}
