//! The attributes of nodes: they say what a node does and where it leads.

use std::fmt;

use crate::text::same;

macro_rules! attributes {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal,)*) => {
        /// An attribute of a node.
        // Exhaustive on purpose: code that reads attributes has to handle each of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Attribute {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Attribute {
            /// All attributes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the name, as users write it.
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
    /// The method that the engine calls when a person submits the form.
    Submit = "submit",
    /// The type of the value that code passes to the node.
    Input = "input",
    /// The method that the engine calls when a token reaches the node.
    Call = "call",
    /// The method that the engine calls with the result of a job or sub-process.
    Done = "done",
    /// How often a job is tried, and after which delays.
    Retry = "retry",
    /// How long a job may take.
    Timeout = "timeout",
    /// How long the node waits.
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
    /// The outcome of a process that ends here.
    Outcome = "outcome",
    /// The permission that a person needs.
    Permission = "permission",
    /// The people that may take a task.
    Candidates = "candidates",
    /// The person that a task is assigned to.
    Assign = "assign",
    /// The nodes that rule a person out: a person that did one of them may not do this task.
    NotBy = "not_by",
    /// The time by which a task should be done.
    Due = "due",
    /// How urgent a task is.
    Priority = "priority",
    /// The method that the engine calls when it creates a task.
    OnCreate = "on_create",
    /// A condition.
    Cond = "cond",
    /// The condition under which a join goes on before all branches have arrived.
    Until = "until",
    /// The way that is taken when the condition holds.
    Then = "then",
    /// The field of a form whose value the cases match.
    Decide = "decide",
    /// The value that the cases match.
    Switch = "switch",
    /// The way that is taken for values that match a pattern.
    Case = "case",
    /// The way that is taken for all other values.
    Default = "default",
    /// A branch of a split.
    Branch = "branch",
    /// The way that is taken when the condition does not hold, or when a split takes no branch.
    Otherwise = "otherwise",
    /// The only way on.
    Next = "next",
    /// The way that is taken when a task's time is up.
    OnTimeout = "on_timeout",
    /// The way that is taken when a job or sub-process has failed.
    OnError = "on_error",
    /// The way that is taken beside a sub-process that escalates.
    OnEscalation = "on_escalation",
    /// The function that undoes what the node did.
    CompensateWith = "compensate_with",
    /// The method that takes back what the node did, when somebody goes back.
    Undo = "undo",
    /// The stored names that the node had before.
    Was = "was",
    /// The stored name and the title of the node.
    Node = "node",
}

impl Attribute {
    /// Returns the attribute with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|attribute| attribute.name() == name)
    }

    /// Returns the attribute that a row of the table of kinds names.
    ///
    /// A row with an unknown name does not compile.
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

    /// Whether the attribute makes an edge.
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

    /// Whether every node may have the attribute.
    pub const fn is_for_all(self) -> bool {
        matches!(self, Self::Was | Self::Node)
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
