//! The kinds of nodes, and what is known of each: the rows of `node_kinds!`.

pub(crate) mod signs;
#[macro_use]
mod table;

use std::fmt;

#[cfg(doc)]
use self::Kind::{Function, Subprocess};
use crate::attribute::Attribute;

/// What a kind cannot do without.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// The attributes of which it needs one.
    pub any_of: &'static [Attribute],
    /// What to write, and what that says. `{task}` stands for what a task of the node knows.
    pub words: &'static str,
}

/// What kinds have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// A process begins here.
    Start,
    /// A person's task.
    Person,
    /// A token rests here until something comes.
    Wait,
    /// A token rests here until the processes that it runs are over.
    Children,
    /// A handler is called inside the step.
    Function,
    /// Something is told inside the step.
    Throw,
    /// One of several ways is chosen.
    Choice,
    /// A scope of branches is opened.
    Split,
    /// A scope of branches is closed.
    Join,
    /// A token, or the process, ends here.
    End,
}

/// How charts show a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Drawn {
    /// A box: BPMN's element of this name, with this sign in the corner.
    Task(&'static str, &'static str),
    /// A box that stands for a process, or for many.
    Calls { many: bool },
    /// A circle with this sign: something happens.
    Event(Happens, &'static str),
    /// As an event, but a box with the second sign where something leaves its border: no event of BPMN can have that.
    Catch(Happens, &'static str, &'static str),
    /// A diamond.
    Gateway,
}

/// What an event of BPMN is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happens {
    Nothing,
    Message,
    Signal,
    Escalation,
    Error,
    Timer,
    Condition,
    Compensation,
    Terminate,
}

/// What is known of a kind.
struct Row {
    name: &'static str,
    group: Group,
    needs: &'static [Need],
    takes: &'static [Attribute],
    drawn: Drawn,
}

const NEXT: &str = "`#[next(..)]`: the node to go on to";
const NEXT_OR_CASES: &str =
    "`#[next(..)]`: the node to go on to (or `#[case(..)]` for each variant, if its form is an enum)";
const CALL: &str = "`#[call(Self::..)]`: a method `fn name(&self, a: &mut Activation<Self, {task}>) -> Result<()>`";
const CALL_OF_A_JOB: &str = "`#[call(Self::..)]`: a method `fn name(&self, job: &JobRun<Self, {task}>) -> Result<..>`";
const CHILD: &str = "`#[child(OtherFlow::start)]`: the start of the flow to run";
const SIGNAL: &str = "`#[signal(\"..\")]`: its name";
const CODE: &str = "`#[code(\"..\")]`: which one it is";
const BRANCH: &str = "`#[branch(..)]` for each of its branches";

macro_rules! kinds {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident {
            group: $group:ident,
            $(needs: { $($need:ident $(| $or:ident)*: $words:expr),+ $(,)? },)?
            $(takes: [$($takes:ident)*],)?
            drawn: $drawn:expr,
            $(also: $also:literal,)?
            $(guide: $guide:ident,)?
        }
    )*) => {
        /// What a node does when a token reaches it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[doc = $doc])* $name,)*
        }

        impl Kind {
            /// All kinds, in the order of their documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            fn row(self) -> &'static Row {
                use self::Drawn::{Calls, Catch, Event, Gateway, Task};
                use self::Happens::{
                    Compensation, Condition, Error, Escalation, Message, Nothing, Signal, Terminate, Timer,
                };
                // So that a row may have any sign.
                #[allow(clippy::wildcard_imports)]
                use self::signs::*;

                match self {
                    $(Self::$name => const {
                        &Row {
                            name: stringify!($name),
                            group: Group::$group,
                            needs: &[$($(Need {
                                any_of: &[
                                    Attribute::named(stringify!($need)),
                                    $(Attribute::named(stringify!($or)),)*
                                ],
                                words: $words,
                            },)+)?],
                            takes: &[$($(Attribute::named(stringify!($takes)),)*)?],
                            drawn: $drawn,
                        }
                    },)*
                }
            }
        }
    };
}

node_kinds!(kinds);

impl Kind {
    /// The kind a user names, if there is one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The name of the marker type a user writes, such as `View`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What it cannot do without. Attributes that make edges are not needed where it undoes another node.
    pub fn needs(self) -> &'static [Need] {
        self.row().needs
    }

    /// Whether nodes of this kind may have the attribute.
    pub fn takes(self, attribute: Attribute) -> bool {
        let Row { needs, takes, .. } = self.row();
        attribute.is_for_all()
            || takes.contains(&attribute)
            || needs.iter().any(|need| need.any_of.contains(&attribute))
    }

    pub(crate) fn group(self) -> Group {
        self.row().group
    }

    pub(crate) fn drawn(self) -> Drawn {
        self.row().drawn
    }

    /// Whether a process begins here.
    pub fn is_start(self) -> bool {
        self.group() == Group::Start
    }

    /// Whether a token, or the process, ends here.
    pub fn is_end(self) -> bool {
        self.group() == Group::End
    }

    /// Whether a token rests here until someone or something outside the step moves it on.
    ///
    /// A `Join` does not count: it waits for tokens, and those are moved on elsewhere.
    pub fn waits(self) -> bool {
        matches!(self.group(), Group::Person | Group::Wait | Group::Children)
    }

    /// Whether it may let a token pass within the step in which it came: a condition may hold already.
    pub(crate) fn may_not_wait(self) -> bool {
        !self.waits() || self == Self::ConditionalCatch
    }

    /// Whether open tasks of a node of kind `old` can go on at one of this kind.
    pub fn stands_for(self, old: Self) -> bool {
        let passes = |kind: Self| matches!(kind.group(), Group::Function | Group::Throw | Group::Choice);
        self == old || (self.is_task_of_a_person() && old.is_task_of_a_person()) || (passes(self) && passes(old))
    }

    /// Whether a person does this.
    pub fn is_human(self) -> bool {
        self.takes(Attribute::Submit)
    }

    /// Whether it waits for a person to do it.
    pub fn is_task_of_a_person(self) -> bool {
        self.group() == Group::Person
    }

    /// Whether it calls a handler inside the step, and does nothing else.
    pub fn is_function(self) -> bool {
        self.group() == Group::Function
    }

    /// Whether it runs processes of another flow.
    pub fn has_children(self) -> bool {
        self.group() == Group::Children
    }

    /// Whether it opens a scope of branches.
    pub fn is_split(self) -> bool {
        self.group() == Group::Split
    }

    /// Whether it only leads tokens: parts them, joins them, or chooses their way.
    pub fn is_gateway(self) -> bool {
        matches!(self.group(), Group::Split | Group::Join | Group::Choice)
    }

    /// Whether it does something of itself, that somebody may want to take back.
    pub fn acts(self) -> bool {
        self.takes(Attribute::Undo)
    }

    /// "a `View`", "an `If`".
    pub fn with_article(self) -> String {
        // The `N` of `NSubprocess` is read as a letter.
        let article = match self.name().as_bytes() {
            [b'A' | b'E' | b'I' | b'O', ..] | [b'N', b'A'..=b'Z', ..] => "an",
            _ => "a",
        };
        format!("{article} `{}`", self.name())
    }
}

impl Need {
    /// Whether what is needed is an edge.
    pub fn is_edge(&self) -> bool {
        self.any_of.iter().all(|attribute| attribute.is_edge())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
