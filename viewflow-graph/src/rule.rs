//! The soundness rules, and the faults that the checks report.

use std::fmt;

/// The rules that every sound flow keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// A flow has a start.
    NoStart,
    /// A node has the edges its kind needs.
    MissingEdge,
    /// A node has no edge that its kind does not take, and none twice.
    ExtraEdge,
    /// No edge leads into a start.
    IntoStart,
    /// Every node is reached from a start.
    UnreachableNode,
    /// Every node can reach an end.
    NoWayToAnEnd,
    /// A loop has a node that waits.
    AutomaticLoop,
    /// Every edge into a node comes from the same nest of splits.
    EscapesSplit,
    /// A join closes a split.
    JoinWithoutSplit,
    /// A split is closed by one join at most.
    SplitClosedTwice,
    /// A split takes at least one branch, or says where to go when it takes none.
    SplitWithoutBranch,
    /// Each branch of a `SplitFirst` begins with a node that waits.
    FirstBranchWaits,
    /// No branch of a split ends the process at once, before the other branches can do anything.
    EndsAtOnce,
    /// The way beside a task does not run into the task's own way.
    RunsIntoHost,
    /// A node that undoes another node is a function without other edges.
    CompensationApart,
    /// Processes do not start each other endlessly without waiting.
    StartsForEver,
}

impl Rule {
    /// All rules, in the order in which the guide explains them.
    pub const ALL: [Self; 16] = [
        Self::NoStart,
        Self::MissingEdge,
        Self::ExtraEdge,
        Self::IntoStart,
        Self::UnreachableNode,
        Self::NoWayToAnEnd,
        Self::AutomaticLoop,
        Self::EscapesSplit,
        Self::JoinWithoutSplit,
        Self::SplitClosedTwice,
        Self::SplitWithoutBranch,
        Self::FirstBranchWaits,
        Self::EndsAtOnce,
        Self::RunsIntoHost,
        Self::CompensationApart,
        Self::StartsForEver,
    ];

    /// Returns the rule's name, as messages show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoStart => "no-start",
            Self::MissingEdge => "missing-edge",
            Self::ExtraEdge => "extra-edge",
            Self::IntoStart => "into-start",
            Self::UnreachableNode => "unreachable-node",
            Self::NoWayToAnEnd => "no-way-to-an-end",
            Self::AutomaticLoop => "automatic-loop",
            Self::EscapesSplit => "escapes-split",
            Self::JoinWithoutSplit => "join-without-split",
            Self::SplitClosedTwice => "split-closed-twice",
            Self::SplitWithoutBranch => "split-without-branch",
            Self::FirstBranchWaits => "first-branch-waits",
            Self::EndsAtOnce => "ends-at-once",
            Self::RunsIntoHost => "runs-into-host",
            Self::CompensationApart => "compensation-apart",
            Self::StartsForEver => "starts-for-ever",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A place where a graph breaks a rule, with its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule that is broken.
    pub rule: Rule,
    /// The node at fault, or `None` when the whole flow is at fault.
    pub node: Option<usize>,
    /// The places to point at: the cause first, then what it conflicts with.
    pub spots: Vec<Spot>,
    /// The message: what is wrong, and how to fix it.
    pub message: String,
}

/// A node or an edge, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// A node.
    Node(usize),
    /// An edge.
    Edge(usize),
}

impl Fault {
    pub(crate) fn flow(rule: Rule, message: impl Into<String>) -> Self {
        Self { rule, node: None, spots: Vec::new(), message: message.into() }
    }

    pub(crate) fn node(rule: Rule, node: usize, message: String) -> Self {
        Self { rule, node: Some(node), spots: vec![Spot::Node(node)], message }
    }

    pub(crate) fn edge(rule: Rule, node: usize, edge: usize, message: String) -> Self {
        Self { rule, node: Some(node), spots: vec![Spot::Edge(edge)], message }
    }

    /// Adds a place to point at.
    pub(crate) fn and(mut self, spot: Spot) -> Self {
        self.spots.push(spot);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.message, self.rule)
    }
}
