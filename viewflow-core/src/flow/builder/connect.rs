//! Puts a flow together from the builder's calls: its nodes, and edges to their targets. Reports what is missing.

use std::time::Duration;

use viewflow_graph::{Attribute, Kind, Role, Selection};
use viewflow_store::Object;

use super::edge::PendingEdge;
use crate::definition::{After, Ask, Behavior, Definition, EdgeDef, JobDef, NodeDef, Run, Wait};

/// The calls about a node that only make sense together.
#[derive(Default)]
pub(super) struct PendingNode {
    /// The calls that were made, each as the attributes that may stand for it.
    pub(super) told: Vec<&'static [Attribute]>,
    /// How many sources of items its children have.
    pub(super) sources: u32,
    pub(super) run: Option<Run>,
    pub(super) retry: Option<Retry>,
    pub(super) timeout: Option<Duration>,
    pub(super) delay: Option<After>,
    /// The object of its permission.
    pub(super) object: Option<Ask<Option<Object>>>,
}

pub(super) struct Retry {
    pub(super) attempts: u32,
    pub(super) backoff: Duration,
    pub(super) max: Duration,
}

/// Puts the nodes together, and connects the edges to their targets.
pub(super) fn connect(mut def: Definition, nodes: Vec<PendingNode>, edges: Vec<PendingEdge>) -> Definition {
    for (index, pending) in nodes.into_iter().enumerate() {
        let told = put_together(&mut def.nodes[index], pending);
        let (flow, node) = (def.name, def.nodes[index].name);
        def.problems.extend(told.into_iter().map(|told| format!("flow `{flow}`: `{node}` {told}")));
    }
    edges.into_iter().for_each(|edge| lead(&mut def, edge));
    def.problems.extend(def.twice_named());
    def.problems.extend(unknown_doers(&def));
    def.looked_at = def.nodes.iter().flat_map(|node| node.people.not_by.iter().copied()).collect();
    def.looked_at.sort_unstable();
    def.looked_at.dedup();
    for (index, node) in def.nodes.iter().enumerate() {
        for was in node.was {
            def.by_earlier.entry(was).or_insert(index);
        }
        if let Some(detail) = node.detail() {
            def.graph.set_detail(index, detail);
        }
        if let Some(needs) = missing(node, def.graph.decides(index)) {
            def.problems.push(format!("flow `{}`: `{}` needs {needs}", def.name, node.name));
        }
    }
    match def.graph.check() {
        Ok(sound) => {
            def.sound = Some(sound);
            def.shape = def.described().map_or(String::new(), |flow| flow.fingerprint(&def.rules.concat()));
        }
        Err(faults) => {
            let told = faults.iter().map(|fault| format!("flow `{}`: {fault}", def.name));
            def.problems.extend(told);
        }
    }
    def
}

/// Puts a node together from its calls, in whatever order they came. Returns the contradictions.
fn put_together(node: &mut NodeDef, pending: PendingNode) -> Vec<String> {
    let PendingNode { told, sources, run, retry, timeout, delay, object } = pending;
    let mut problems = Vec::new();
    let mut given = Vec::new();
    for any_of in told {
        let known: Vec<Attribute> = any_of.iter().copied().filter(|attribute| node.kind.takes(*attribute)).collect();
        match (known.iter().find(|attribute| !given.contains(*attribute)), known.first()) {
            (Some(attribute), _) => given.push(*attribute),
            (None, Some(attribute)) => problems.push(format!("has `{}` more than once", attribute.name())),
            (None, None) => {
                let (kind, attribute) = (node.kind.name(), any_of[0].name());
                problems.push(format!("is a `{kind}`, which takes no `{attribute}`"));
            }
        }
    }
    if sources > 1 {
        problems.push("has more than one source of items".to_owned());
    }
    match (run, delay) {
        (Some(run), delay) => {
            let Retry { attempts, backoff, max } =
                retry.unwrap_or(Retry { attempts: 1, backoff: Duration::ZERO, max: Duration::MAX });
            let delay = delay.unwrap_or(After::Fixed(Duration::ZERO));
            node.wait = Wait::Worker(JobDef { run, attempts, backoff, max, timeout, delay });
        }
        (None, Some(delay)) => node.wait = Wait::Time(delay),
        (None, None) => {}
    }
    match &mut node.people.permission {
        Some(permission) => permission.object = object,
        None if object.is_some() => problems.push("says what its permission is on, and has none".to_owned()),
        None => {}
    }
    problems
}

/// Connects an edge to its target.
fn lead(def: &mut Definition, edge: PendingEdge) {
    let PendingEdge { from, target, role, when, seed, data, items, after, title, mut told } = edge;
    let (flow, node) = (def.name, def.nodes[from].name);
    told.sort_unstable();
    for pair in told.windows(2).filter(|pair| pair[0] == pair[1]) {
        let problem = format!("flow `{flow}`: `{node}` has `{}` more than once on its edge to `{target}`", pair[0]);
        def.problems.push(problem);
    }
    if when.is_some() && !matches!(role, Role::Branch(_)) {
        def.problems.push(format!("flow `{flow}`: `{node}` has a condition on an edge that is no branch"));
    }
    if items.is_some() && !matches!(role, Role::Branch(Selection::PerItem)) {
        let problem = format!("flow `{flow}`: `{node}` has a source of items on an edge that is no branch per item");
        def.problems.push(problem);
    }
    let Some(target) = def.find(target) else {
        def.problems.push(format!("flow `{flow}`: `{node}` leads to `{target}`, which is no node"));
        return;
    };
    if let (false, Err(errors)) = (told.contains(&"data"), (def.nodes[target].no_data)()) {
        let name = def.nodes[target].name;
        def.problems.push(format!("flow `{flow}`: `{name}` begins with data against its own rules: {errors}"));
    }
    let number = def.graph.edge(from, role.clone(), target);
    if let Some(after) = &after {
        def.graph.set_timeout(number, after.detail());
    }
    if let Some(title) = title {
        def.graph.set_edge_title(number, title);
    }
    def.nodes[target].undoes |= role == Role::Compensation;
    def.nodes[from].edges.push(EdgeDef { target, role, when, seed, data, items, after });
}

/// Returns what a node of this kind needs and was not given.
fn missing(node: &NodeDef, decides: bool) -> Option<&'static str> {
    let timeouts_differ =
        || node.edges.iter().any(|edge| matches!(edge.role, Role::Timeout { .. }) != edge.after.is_some());
    Some(match node.kind {
        Kind::If if !matches!(node.behavior, Behavior::Cond(_)) => "a condition",
        Kind::Switch if !matches!(node.behavior, Behavior::Switch(_)) => "a value to switch by",
        Kind::StartTimer if node.schedule.is_none() => "a rhythm",
        Kind::Timer if !matches!(node.wait, Wait::Time(_)) => "a delay",
        Kind::Job if !matches!(node.wait, Wait::Worker(_)) => "a handler",
        Kind::Subprocess | Kind::NSubprocess if !matches!(node.wait, Wait::Children(_)) => "a flow to run",
        Kind::SignalCatch if !matches!(node.wait, Wait::Signal(_)) => "a signal",
        Kind::SignalThrow if !matches!(node.behavior, Behavior::Signal(_)) => "a signal",
        Kind::MessageCatch if !matches!(node.wait, Wait::Message(_)) => "a message",
        Kind::MessageThrow if !matches!(node.behavior, Behavior::Send(..)) => "a message",
        Kind::ConditionalCatch if !matches!(node.wait, Wait::Condition(_)) => "a condition",
        Kind::ErrorEnd | Kind::EscalationThrow if node.code.is_none() => "a code",
        _ if decides && node.decide.is_none() => "to be told which way a form goes on, by `decide`",
        _ if timeouts_differ() => "a time for each timeout",
        _ => return None,
    })
}

/// Reports nodes that do not exist, but whose doers should or must not get a task.
fn unknown_doers(def: &Definition) -> Vec<String> {
    let mut problems = Vec::new();
    for node in &def.nodes {
        for other in node.people.same_as.iter().chain(&node.people.not_by) {
            if def.find(other).is_none() {
                let (flow, node) = (def.name, node.name);
                problems.push(format!("flow `{flow}`: `{node}` asks who did `{other}`, which is no node"));
            }
        }
    }
    problems
}
