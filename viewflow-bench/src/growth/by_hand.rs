//! Flows of many nodes, which are built without the derive.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use viewflow::builder::FlowBuilder;
use viewflow::graph::{Kind, Role};
use viewflow::nodes::StartHandleNode;
use viewflow::prelude::*;

use super::ground::{Ground, each, settle};
use super::{BOTH, Group, MEMORY, Times};
use crate::measure::{Result, float};

pub(super) const GROUPS: &[Group] =
    &[Group::new("starts by the clock", 10, BOTH, starts), Group::new("nodes of the flow", 100, MEMORY, nodes)];

/// The number of nodes in the flows that are built next.
static NODES: AtomicUsize = AtomicUsize::new(0);

fn name(number: usize) -> &'static str {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    &NAMES.get_or_init(|| (0..100_000).map(|number| format!("node_{number}")).collect())[number]
}

/// A number of starts, each a day after the one before.
struct StartsFlow;

impl Flow for StartsFlow {
    type Process = ();
    const NAME: &'static str = "starts";
    const TITLE: &'static str = "Starts";

    fn define(flow: &mut FlowBuilder<Self>) {
        for number in 0..NODES.load(Ordering::Relaxed) {
            let mut start = flow.node::<()>(name(number), Kind::StartTimer).every(Duration::from_hours(24));
            start.edge::<()>(Role::Next, "end");
        }
        flow.node::<()>("end", Kind::End);
    }
}

/// A number of tasks, one after the other.
struct ChainFlow;

impl Flow for ChainFlow {
    type Process = ();
    const NAME: &'static str = "chain";
    const TITLE: &'static str = "Chain";

    fn define(flow: &mut FlowBuilder<Self>) {
        let nodes = NODES.load(Ordering::Relaxed);
        flow.node::<()>("start", Kind::StartHandle).edge::<()>(Role::Next, name(0));
        for number in 0..nodes {
            let next = if number + 1 == nodes { "end" } else { name(number + 1) };
            flow.node::<()>(name(number), Kind::View).edge::<()>(Role::Next, next);
        }
        flow.node::<()>("end", Kind::End);
    }
}

fn starts(ground: &Ground, size: usize) -> Result<Times> {
    NODES.store(size, Ordering::Relaxed);
    let engine = ground.builder()?.flow(StartsFlow).build()?;
    settle(&engine)?;
    let pass = each(25, |_| Ok(engine.run_pending().map(drop)?))?;
    let due = each(25, |_| Ok(engine.next_due().map(drop)?))?;
    Ok(vec![("starts: a pass with nothing to do", pass), ("starts: next_due", due)])
}

fn nodes(ground: &Ground, size: usize) -> Result<Times> {
    NODES.store(size, Ordering::Relaxed);
    let build = each(3, |_| Ok(ground.builder()?.flow(ChainFlow).build().map(drop)?))?;
    let engine = ground.builder()?.flow(ChainFlow).build()?;
    let start = StartHandleNode::<ChainFlow, (), ()>::new("start");
    let step = each(99, |_| Ok(engine.run(start, ()).map(drop)?))?;
    Ok(vec![("nodes: build, a node", build / float(size)), ("nodes: a step", step)])
}
