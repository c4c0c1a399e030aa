use std::fmt;

/// What a node does when a token reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A person starts a process here, with a form.
    Start,
    /// Code starts a process here.
    StartHandle,
    /// A person's task: waits until its form is submitted.
    View,
    /// Waits until code runs it.
    Handle,
    /// Code that runs at once, inside the step.
    Function,
    /// Goes one of two ways.
    If,
    /// Goes one of many ways, by a `match`.
    Switch,
    /// Opens a scope of parallel branches.
    Split,
    /// Waits for all branches of a scope, and closes it.
    Join,
    /// Ends a token.
    End,
}

impl Kind {
    /// All kinds, in the order of their documentation.
    pub const ALL: [Self; 10] = [
        Self::Start,
        Self::StartHandle,
        Self::View,
        Self::Handle,
        Self::Function,
        Self::If,
        Self::Switch,
        Self::Split,
        Self::Join,
        Self::End,
    ];

    /// The name of the marker type a user writes, such as `View`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::StartHandle => "StartHandle",
            Self::View => "View",
            Self::Handle => "Handle",
            Self::Function => "Function",
            Self::If => "If",
            Self::Switch => "Switch",
            Self::Split => "Split",
            Self::Join => "Join",
            Self::End => "End",
        }
    }

    /// The kind a user names, if there is one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether a process begins here.
    pub fn is_start(self) -> bool {
        matches!(self, Self::Start | Self::StartHandle)
    }

    /// Whether a token rests here until someone or something outside the step moves it on.
    ///
    /// A `Join` does not count: it waits for tokens, and those are moved on elsewhere.
    pub fn waits(self) -> bool {
        matches!(self, Self::View | Self::Handle)
    }

    /// Whether a person does this.
    pub fn is_human(self) -> bool {
        matches!(self, Self::Start | Self::View)
    }

    /// "a `View`", "an `If`".
    pub fn with_article(self) -> String {
        let article = match self {
            Self::If | Self::End => "an",
            _ => "a",
        };
        format!("{article} `{}`", self.name())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which of a node's ways out an edge is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// The only way on.
    Next,
    /// An `If`'s way when its condition holds.
    Then,
    /// An `If`'s way when its condition does not hold; a `Split`'s when it takes no branch.
    Otherwise,
    /// A `Switch`'s way for values of this pattern.
    Case(String),
    /// A `Switch`'s way for all other values.
    Default,
    /// A `Split`'s branch.
    Branch(Selection),
}

/// When a `Split` takes a branch.
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

    /// The attribute that makes such an edge.
    pub fn attribute(&self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Then => "then",
            Self::Otherwise => "otherwise",
            Self::Case(_) => "case",
            Self::Default => "default",
            Self::Branch(_) => "branch",
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
        }
    }
}
