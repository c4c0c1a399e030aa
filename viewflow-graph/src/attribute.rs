//! The attributes of nodes, by which a flow says what its nodes do and where they lead.

use std::fmt;

use crate::text::same;

macro_rules! attributes {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal,)*) => {
        /// An attribute of a node.
        // Whoever reads attributes has to read each of them, so that this is exhaustive.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Attribute {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Attribute {
            /// All attributes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As it is written.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

attributes! {
    /// The form that a person fills in.
    Form = "form",
    /// The fields of the process that a person fills in.
    Fields = "fields",
    /// What is called when a person submits.
    Submit = "submit",
    /// What code hands in.
    Input = "input",
    /// What is called when the node's turn comes.
    Call = "call",
    /// What is called with what a job or sub-process brought about.
    Done = "done",
    /// How often a job is tried, and when again.
    Retry = "retry",
    /// How long a job may take.
    Timeout = "timeout",
    /// How long to wait.
    Delay = "delay",
    /// How often processes start.
    Every = "every",
    /// At which times processes start.
    Cron = "cron",
    /// The name of a signal.
    Signal = "signal",
    /// A message to wait for or to send.
    Message = "message",
    /// The start of another flow.
    Child = "child",
    /// The code of an error or escalation.
    Code = "code",
    /// The permission that a person needs.
    Permission = "permission",
    /// Who may take a task.
    Candidates = "candidates",
    /// Who gets a task.
    Assign = "assign",
    /// The nodes whose doers may not do this one.
    NotBy = "not_by",
    /// By when a task should be done.
    Due = "due",
    /// How urgent a task is.
    Priority = "priority",
    /// What is called when a task is made.
    OnCreate = "on_create",
    /// A condition.
    Cond = "cond",
    /// When a join goes on before all have come.
    Until = "until",
    /// The way on when the condition holds.
    Then = "then",
    /// The field of a form that cases match.
    Decide = "decide",
    /// The value that cases match.
    Switch = "switch",
    /// The way on for values of a pattern.
    Case = "case",
    /// The way on for all other values.
    Default = "default",
    /// A branch of a split.
    Branch = "branch",
    /// The way on when the condition does not hold, or no branch is taken.
    Otherwise = "otherwise",
    /// The only way on.
    Next = "next",
    /// The way on when a task's time is up.
    OnTimeout = "on_timeout",
    /// The way on when a job or sub-process failed.
    OnError = "on_error",
    /// The way beside a sub-process that escalates.
    OnEscalation = "on_escalation",
    /// The function that undoes what the node did.
    CompensateWith = "compensate_with",
    /// What is called when somebody goes back.
    Undo = "undo",
    /// The stored names that a node had before.
    Was = "was",
    /// The stored name and the title of a node.
    Node = "node",
}

impl Attribute {
    /// The attribute of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|attribute| attribute.name() == name)
    }

    /// The attribute that a row of the table of kinds names. A name that there is none of does not compile.
    pub(crate) const fn named(name: &str) -> Self {
        let mut rest = Self::ALL;
        while let [attribute, others @ ..] = rest {
            if same(attribute.name(), name) {
                return *attribute;
            }
            rest = others;
        }
        panic!("a row of the table of kinds names an attribute that there is none of")
    }

    /// Whether it makes an edge.
    pub const fn is_edge(self) -> bool {
        matches!(
            self,
            Self::Then
                | Self::Case
                | Self::Default
                | Self::Branch
                | Self::Otherwise
                | Self::Next
                | Self::OnTimeout
                | Self::OnError
                | Self::OnEscalation
                | Self::CompensateWith
        )
    }

    /// Whether every node takes it.
    pub const fn is_for_all(self) -> bool {
        matches!(self, Self::Was | Self::Node)
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
