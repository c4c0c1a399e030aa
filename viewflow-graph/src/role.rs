//! The roles of edges.

use std::fmt;

use crate::attribute::Attribute;

/// The role of an edge among the ways out of its node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// The only way on.
    Next,
    /// The way that an `If` takes when its condition holds.
    Then,
    /// The way that an `If` takes when its condition does not hold, or a split when it takes no branch.
    Otherwise,
    /// The way for values that match this pattern.
    Case(String),
    /// The way for all other values.
    Default,
    /// A split's branch.
    Branch(Selection),
    /// The way that a task takes when its time is up.
    Timeout {
        /// Whether the engine cancels the task then. If not, a token takes the way beside the task.
        interrupting: bool,
    },
    /// The way that a job or sub-process takes when it fails with this code, or with any code.
    OnError(Option<String>),
    /// The way that a token takes beside a sub-process that escalates with this code, or with any code.
    OnEscalation(Option<String>),
    /// Leads to the function that undoes the node. No token takes this way.
    Compensation,
}

/// When a split takes a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// On every run.
    Always,
    /// When the condition of the branch holds.
    Conditional,
    /// Once for each item of a source, which may be empty.
    PerItem,
}

impl Role {
    /// Whether a split with such an edge always has somewhere to go.
    pub fn is_sure(&self) -> bool {
        matches!(self, Self::Branch(Selection::Always) | Self::Otherwise)
    }

    /// Whether a new token takes this way while the token at the node stays.
    pub fn is_beside(&self) -> bool {
        matches!(self, Self::Timeout { interrupting: false } | Self::OnEscalation(_))
    }

    /// Whether a token may take this way within the step in which it arrives at the node.
    ///
    /// A timeout fires later, in a step of its own.
    pub(crate) fn is_automatic(&self) -> bool {
        !matches!(self, Self::Timeout { .. } | Self::Compensation)
    }

    /// Whether the edge leaves the border of a waiting task, not the end of a done one.
    pub fn is_boundary(&self) -> bool {
        matches!(self, Self::Timeout { .. } | Self::OnError(_) | Self::OnEscalation(_))
    }

    /// Returns the attribute that makes such an edge.
    pub fn attribute(&self) -> Attribute {
        match self {
            Self::Next => Attribute::Next,
            Self::Then => Attribute::Then,
            Self::Otherwise => Attribute::Otherwise,
            Self::Case(_) => Attribute::Case,
            Self::Default => Attribute::Default,
            Self::Branch(_) => Attribute::Branch,
            Self::Timeout { .. } => Attribute::OnTimeout,
            Self::OnError(_) => Attribute::OnError,
            Self::OnEscalation(_) => Attribute::OnEscalation,
            Self::Compensation => Attribute::CompensateWith,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Next => Ok(()),
            Self::Then => f.write_str("then"),
            Self::Otherwise => f.write_str("otherwise"),
            Self::Case(pattern) => f.write_str(pattern),
            Self::Default => f.write_str("default"),
            Self::Branch(Selection::Always) => f.write_str("always"),
            Self::Branch(Selection::Conditional) => f.write_str("if"),
            Self::Branch(Selection::PerItem) => f.write_str("per item"),
            Self::Timeout { interrupting: true } => f.write_str("on timeout"),
            Self::Timeout { interrupting: false } => f.write_str("on timeout, beside it"),
            Self::OnError(None) => f.write_str("on error"),
            Self::OnError(Some(code)) => write!(f, "on error `{code}`"),
            Self::OnEscalation(None) => f.write_str("on escalation"),
            Self::OnEscalation(Some(code)) => write!(f, "on escalation `{code}`"),
            Self::Compensation => f.write_str("undone by"),
        }
    }
}
