//! What edges are for.

use std::fmt;

use crate::attribute::Attribute;

/// Which of a node's ways out an edge is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// The only way on.
    Next,
    /// An `If`'s way when its condition holds.
    Then,
    /// An `If`'s way when its condition does not hold; a split's when it takes no branch.
    Otherwise,
    /// A `Switch`'s way for values of this pattern.
    Case(String),
    /// A `Switch`'s way for all other values.
    Default,
    /// A split's branch.
    Branch(Selection),
    /// The way of a task whose time is up.
    Timeout {
        /// Whether the task is canceled then. If not, the way is taken beside it.
        interrupting: bool,
    },
    /// The way of a job or sub-process that failed with this code, or with any.
    OnError(Option<String>),
    /// A way taken beside a sub-process that escalates with this code, or with any.
    OnEscalation(Option<String>),
    /// To the function that undoes what the node did. No token goes this way.
    Compensation,
}

/// When a split takes a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// On every run.
    Always,
    /// When the branch's condition holds.
    Conditional,
    /// Once for each item of a source, which may have none.
    PerItem,
}

impl Role {
    /// Whether a split with such an edge has somewhere to go on every run.
    pub fn is_sure(&self) -> bool {
        matches!(self, Self::Branch(Selection::Always) | Self::Otherwise)
    }

    /// Whether a token goes this way while the one it comes from stays where it is.
    pub fn is_beside(&self) -> bool {
        matches!(self, Self::Timeout { interrupting: false } | Self::OnEscalation(_))
    }

    /// Whether a token may go this way in the step in which it comes to the node. The time of a timeout comes later, and
    /// fires it in a step of its own.
    pub(crate) fn is_automatic(&self) -> bool {
        !matches!(self, Self::Timeout { .. } | Self::Compensation)
    }

    /// Whether it leaves the border of a waiting task, and not the end of a done one.
    pub fn is_boundary(&self) -> bool {
        matches!(self, Self::Timeout { .. } | Self::OnError(_) | Self::OnEscalation(_))
    }

    /// The attribute that makes such an edge.
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
