//! The kinds of nodes and their properties, read from the rows of `node_kinds!`.

pub(crate) mod signs;
#[macro_use]
mod table;

use std::fmt;

#[cfg(doc)]
use self::Kind::{Function, Subprocess};
use crate::attribute::Attribute;

/// Something that every node of a kind must have.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// The attributes that satisfy the need; the node must have at least one of them.
    pub any_of: &'static [Attribute],
    /// The attribute to write and its meaning, as shown in the message.
    ///
    /// `{task}` stands for the task type of the node.
    pub words: &'static str,
}

/// The property that a kind shares with other kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// A process begins here.
    Start,
    /// A token rests here until something outside the step moves it on.
    Person,
    /// A token rests here until the processes that it started are over.
    Wait,
    /// The engine calls a handler inside the step.
    Children,
    /// The node sends a signal or message, escalates, or undoes, inside the step.
    Function,
    /// The token takes one of several ways.
    Throw,
    /// The node opens a scope of branches.
    Choice,
    /// The node closes a scope of branches.
    Split,
    /// A scope of branches is closed.
    Join,
    /// How charts show a kind.
    End,
}

/// A box that stands for one process of another flow, or for many.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Drawn {
    /// A circle with this sign.
    Task(&'static str, &'static str),
    /// A circle with the first sign, or a box with the second.
    ///
    /// Charts show a box where an edge leaves the node's border, as BPMN allows no boundary event on an event.
    Calls { many: bool },
    /// A circle with this sign: something happens.
    Event(Happens, &'static str),
    /// The subject of a BPMN event.
    Catch(Happens, &'static str, &'static str),
    /// A diamond.
    Gateway,
}

/// The properties of a kind.
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
        /// The kind of a node: it says what the node does when a token reaches it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[doc = $doc])* $name,)*
        }

        impl Kind {
            /// All kinds, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            fn row(self) -> &'static Row {
                use self::Drawn::{Calls, Catch, Event, Gateway, Task};
                use self::Happens::{
                    Compensation, Condition, Error, Escalation, Message, Nothing, Signal, Terminate, Timer,
                };
                // Lets a row name any sign without a path.
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
    /// Returns the kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Returns the name of the marker type that users write, such as `View`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Returns what every node of this kind must have.
    ///
    /// A node that undoes another node needs no attributes that make edges.
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

    /// Whether a token, or the whole process, ends here.
    pub fn is_end(self) -> bool {
        self.group() == Group::End
    }

    /// Whether a token rests here until someone or something outside the step moves it on.
    ///
    /// A `Join` does not count: it waits for other tokens, and those wait elsewhere.
    pub fn waits(self) -> bool {
        matches!(self.group(), Group::Person | Group::Wait | Group::Children)
    }

    /// Whether a token may pass this node within the step in which it arrives.
    ///
    /// A `ConditionalCatch` counts, as its condition may hold already.
    pub(crate) fn may_not_wait(self) -> bool {
        !self.waits() || self == Self::ConditionalCatch
    }

    /// Whether open tasks of a node of kind `old` can go on at a node of this kind.
    pub fn stands_for(self, old: Self) -> bool {
        let passes = |kind: Self| matches!(kind.group(), Group::Function | Group::Throw | Group::Choice);
        self == old || (self.is_task_of_a_person() && old.is_task_of_a_person()) || (passes(self) && passes(old))
    }

    /// Whether a person acts here.
    pub fn is_human(self) -> bool {
        self.takes(Attribute::Submit)
    }

    /// Whether the node waits for a person to do its task.
    pub fn is_task_of_a_person(self) -> bool {
        self.group() == Group::Person
    }

    /// Whether the node only calls a handler inside the step.
    pub fn is_function(self) -> bool {
        self.group() == Group::Function
    }

    /// Whether the node runs processes of another flow.
    pub fn has_children(self) -> bool {
        self.group() == Group::Children
    }

    /// Whether the node opens a scope of branches.
    pub fn is_split(self) -> bool {
        self.group() == Group::Split
    }

    /// Whether the node only directs tokens: it splits them, joins them, or chooses their way.
    pub fn is_gateway(self) -> bool {
        matches!(self.group(), Group::Split | Group::Join | Group::Choice)
    }

    /// Whether the node has an effect of its own that somebody may want to undo.
    pub fn acts(self) -> bool {
        self.takes(Attribute::Undo)
    }

    /// Returns the name with its article, such as "a `View`" or "an `If`".
    pub fn with_article(self) -> String {
        // Readers spell out the `N` of `NSubprocess`, so it takes "an".
        let article = match self.name().as_bytes() {
            [b'A' | b'E' | b'I' | b'O', ..] | [b'N', b'A'..=b'Z', ..] => "an",
            _ => "a",
        };
        format!("{article} `{}`", self.name())
    }
}

impl Need {
    /// Whether an edge satisfies this need.
    pub fn is_edge(&self) -> bool {
        self.any_of.iter().all(|attribute| attribute.is_edge())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
