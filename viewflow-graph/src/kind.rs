use std::fmt;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// What a node does when a token reaches it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[doc = $doc])* $name,)*
        }

        impl Kind {
            /// All kinds, in the order of their documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name of the marker type a user writes, such as `View`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

kinds! {
    /// A person starts a process here, with a form.
    Start,
    /// Code starts a process here.
    StartHandle,
    /// A process starts here again and again, by the clock.
    StartTimer,
    /// A person's task: waits until its form is submitted.
    View,
    /// A person's task away from the computer: waits until it is said to be done.
    ManualTask,
    /// Waits until code runs it.
    Handle,
    /// Code that runs at once, inside the step.
    Function,
    /// A `Function` that sends something, for charts.
    SendHandle,
    /// A `Function` that decides something, for charts.
    BusinessRule,
    /// Code that a worker runs outside the step, at least once.
    Job,
    /// Waits for a time.
    Timer,
    /// Runs a process of another flow and waits for it.
    Subprocess,
    /// Runs a process of another flow for each of many items and waits for all of them.
    NSubprocess,
    /// Waits for a signal.
    SignalCatch,
    /// Waits for a message with its correlation key.
    MessageCatch,
    /// Waits until a condition holds.
    ConditionalCatch,
    /// Sends a signal to all who wait for it.
    SignalThrow,
    /// Sends a message.
    MessageThrow,
    /// Tells the process that this one is a sub-process of.
    EscalationThrow,
    /// Undoes what was done, newest first.
    CompensateThrow,
    /// Goes one of two ways.
    If,
    /// Goes one of many ways, by a `match`.
    Switch,
    /// Opens a scope of parallel branches.
    Split,
    /// Offers several ways: the one whose first step is done first is taken, the others are canceled.
    SplitFirst,
    /// Waits for all branches of a scope, and closes it.
    Join,
    /// Ends a token.
    End,
    /// Ends the process, whatever else is open in it.
    Terminate,
    /// Ends the process as failed, with a code.
    ErrorEnd,
}

impl Kind {
    /// The kind a user names, if there is one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether a process begins here.
    pub fn is_start(self) -> bool {
        matches!(self, Self::Start | Self::StartHandle | Self::StartTimer)
    }

    /// Whether a token, or the process, ends here.
    pub fn is_end(self) -> bool {
        matches!(self, Self::End | Self::Terminate | Self::ErrorEnd)
    }

    /// Whether a token rests here until someone or something outside the step moves it on.
    ///
    /// A `Join` does not count: it waits for tokens, and those are moved on elsewhere.
    pub fn waits(self) -> bool {
        matches!(
            self,
            Self::View
                | Self::ManualTask
                | Self::Handle
                | Self::Job
                | Self::Timer
                | Self::Subprocess
                | Self::NSubprocess
                | Self::SignalCatch
                | Self::MessageCatch
                | Self::ConditionalCatch
        )
    }

    /// Whether it may let a token pass within the step in which it came: a condition may hold already.
    pub(crate) fn may_not_wait(self) -> bool {
        !self.waits() || self == Self::ConditionalCatch
    }

    /// Whether open tasks of a node of kind `old` can go on at one of this kind.
    pub fn stands_for(self, old: Self) -> bool {
        let passes =
            |kind: Self| !kind.waits() && !kind.is_start() && !kind.is_split() && !kind.is_end() && kind != Self::Join;
        self == old || (self.is_task_of_a_person() && old.is_task_of_a_person()) || (passes(self) && passes(old))
    }

    /// Whether a person does this.
    pub fn is_human(self) -> bool {
        matches!(self, Self::Start) || self.is_task_of_a_person()
    }

    /// Whether it waits for a person to do it.
    pub fn is_task_of_a_person(self) -> bool {
        matches!(self, Self::View | Self::ManualTask)
    }

    /// Whether it calls a handler inside the step, and does nothing else.
    pub fn is_function(self) -> bool {
        matches!(self, Self::Function | Self::SendHandle | Self::BusinessRule)
    }

    /// Whether it runs processes of another flow.
    pub fn has_children(self) -> bool {
        matches!(self, Self::Subprocess | Self::NSubprocess)
    }

    /// Whether it opens a scope of branches.
    pub fn is_split(self) -> bool {
        matches!(self, Self::Split | Self::SplitFirst)
    }

    /// Whether it only leads tokens: parts them, joins them, or chooses their way.
    pub fn is_gateway(self) -> bool {
        self.is_split() || matches!(self, Self::Join | Self::If | Self::Switch)
    }

    /// Whether it does something of itself, that somebody may want to take back.
    pub fn acts(self) -> bool {
        !self.is_gateway() && !self.is_end()
    }

    /// "a `View`", "an `If`".
    pub fn with_article(self) -> String {
        let article = match self {
            Self::If | Self::End | Self::ErrorEnd | Self::EscalationThrow | Self::NSubprocess => "an",
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
