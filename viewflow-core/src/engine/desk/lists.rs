//! Lists as a person sees them: of tasks, of processes, and of starts.
//!
//! One criterion that has a list of its own drives, and a page checks the others on the entries of that list.
//! A page passes over a bounded number of entries, and reports when it stopped early: the next page goes on from there.

mod cursor;
mod processes;
mod sources;
mod starts;
mod tasks;

use std::fmt;
use std::ops::{Bound, RangeBounds};

use serde::Serialize;
use viewflow_store::{NodeName, Timestamp};

use super::line::{ProcessLine, StartLine, TaskLine};
pub use cursor::ListCursor;
pub use processes::{Parent, ProcessLines};
pub use tasks::TaskLines;

use super::Desk;
use crate::definition::Definition;

/// How far a list is counted.
const MOST_COUNTED: usize = 99;

/// How many entries a list has, counted up to 99.
///
/// As text it is `12`, or `99+` where there are more, or `12+` where there may be more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Count {
    /// How many were counted: 99 at most.
    pub number: usize,
    /// Whether there are more than 99.
    pub is_more: bool,
    /// Whether counting ended early, as too much had to be passed over: there may be more.
    pub is_cut: bool,
}

impl Count {
    /// Of so many that were found when one more than 99 were asked for.
    fn of(found: usize, is_cut: bool) -> Self {
        Self { number: found.min(MOST_COUNTED), is_more: found > MOST_COUNTED, is_cut }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_more || self.is_cut { "+" } else { "" };
        write!(f, "{}{sign}", self.number)
    }
}

/// A range of numbers, with both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Between {
    from: i64,
    to: i64,
}

impl Between {
    fn of<T>(range: &impl RangeBounds<T>, number: impl Fn(&T) -> i64) -> Self {
        let from = match range.start_bound() {
            Bound::Included(from) => number(from),
            Bound::Excluded(from) => number(from).saturating_add(1),
            Bound::Unbounded => i64::MIN,
        };
        let to = match range.end_bound() {
            Bound::Included(to) => number(to),
            Bound::Excluded(to) => number(to).saturating_sub(1),
            Bound::Unbounded => i64::MAX,
        };
        Self { from, to }
    }

    fn times(range: &impl RangeBounds<Timestamp>) -> Self {
        Self::of(range, |time| time.as_millis())
    }

    fn has(self, number: i64) -> bool {
        (self.from..=self.to).contains(&number)
    }
}

/// Whether something is as a filter wants it; without a filter it is.
fn passes(filter: Option<Between>, number: Option<i64>) -> bool {
    filter.is_none_or(|filter| number.is_some_and(|number| filter.has(number)))
}

/// As [`passes`], of a time.
fn passes_at(filter: Option<Between>, time: Option<Timestamp>) -> bool {
    passes(filter, time.map(Timestamp::as_millis))
}

impl Desk<'_> {
    /// The flow of this name, or that had it before.
    pub(super) fn flow_of(&self, name: &str) -> Option<&Definition> {
        let flows = &self.engine.0.flows;
        let known = flows.get(name).or_else(|| flows.values().find(|def| def.was.contains(&name)));
        known.map(|def| &**def)
    }

    /// The name that a flow has today.
    fn flow_today(&self, name: String) -> String {
        self.flow_of(&name).map_or(name, |def| def.name.to_owned())
    }

    /// The name that a node has today.
    fn node_today(&self, node: &NodeName) -> NodeName {
        let Some(def) = self.flow_of(&node.flow) else { return node.clone() };
        let name = def.find_renamed(&node.node).map_or(&*node.node, |index| def.nodes[index].name);
        NodeName::new(def.name, name)
    }

    /// The titles of a flow and of a node of it; where they are not known here, the stored names.
    pub(super) fn titles(&self, flow: &str, node: &str) -> (String, String) {
        let def = self.engine.0.flows.get(flow);
        let title = def.and_then(|def| Some(&*def.nodes[def.find(node)?].title)).unwrap_or(node);
        (def.map_or(flow, |def| def.title).to_owned(), title.to_owned())
    }
}
