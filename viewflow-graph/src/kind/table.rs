//! The table of the kinds of nodes.
//!
//! A row holds everything that differs from kind to kind without being behaviour of its own.

/// Passes the table of kinds to a macro: `node_kinds!(callback)` expands to `callback! { ROWS }`.
///
/// A row has these parts, in this order. Parts with a `?` are optional.
///
/// | part | content | used by |
/// |---|---|---|
/// | doc comment | what the node does | rustdoc of the kind and of its marker type, the guide's table |
/// | `group` | the property that it shares with other kinds: a `Group` | rules, engine |
/// | `needs`? | the attributes that it must have (`a \| b`: one of two), and the words of the message | rules, macro |
/// | `takes`? | the attributes that it may have, besides those of every node | rules, macro |
/// | `drawn` | how charts show it: a `Drawn` | charts |
/// | `also`? | what only users of the marker type have to know | rustdoc of the marker type |
/// | `guide`? | the guide page with more about it | the guide's table |
///
/// A kind that differs only in its drawing is a copy of another row of its group and needs no other code.
#[doc(hidden)]
#[macro_export]
macro_rules! node_kinds {
    ($($callback:tt)+) => {
        $($callback)+! {
            /// A person starts a process here, with a form.
            Start {
                group: Start,
                needs: { next | case | default: NEXT_OR_CASES },
                takes: [form fields submit decide permission undo],
                drawn: Event(Nothing, NONE),
                guide: people,
            }
            /// Code starts a process here.
            StartHandle {
                group: Start,
                needs: { next: NEXT },
                takes: [input call undo],
                drawn: Event(Message, NONE),
                also: "Code calls [`Engine::run`](crate::Engine::run); a [`Subprocess`] of another flow begins here, too.",
            }
            /// Starts a process again and again: `#[every("1h")]`, or `#[cron("0 8 * * 1-5")]`.
            StartTimer {
                group: Start,
                needs: { every | cron: "`#[every(\"1h\")]` or `#[cron(\"0 8 * * *\")]`: when processes start", next: NEXT },
                takes: [call undo],
                drawn: Event(Timer, CLOCK),
                guide: time,
            }
            /// A person's task: it waits until somebody is assigned to it and submits its form.
            View {
                group: Person,
                needs: { next | case | default: NEXT_OR_CASES },
                takes: [
                    form fields submit decide permission candidates assign not_by due priority on_create
                    on_timeout compensate_with undo
                ],
                drawn: Task("userTask", PERSON),
                guide: people,
            }
            /// A person's task away from the computer: it waits until somebody is assigned to it and reports it as
            /// done.
            ManualTask {
                group: Person,
                needs: { next: NEXT },
                takes: [
                    submit permission candidates assign not_by due priority on_create
                    on_timeout compensate_with undo
                ],
                drawn: Task("manualTask", HAND),
                guide: people,
            }
            /// Waits until code runs it.
            Handle {
                group: Wait,
                needs: { next: NEXT },
                takes: [input call on_create on_timeout compensate_with undo],
                drawn: Task("receiveTask", TRIGGER),
            }
            /// Runs code at once, inside the step.
            Function {
                group: Function,
                needs: { call: CALL, next: NEXT },
                takes: [compensate_with undo],
                drawn: Task("scriptTask", SCROLL),
            }
            /// A [`Function`] that sends something; charts show it with another sign.
            SendHandle {
                group: Function,
                needs: { call: CALL, next: NEXT },
                takes: [compensate_with undo],
                drawn: Task("sendTask", SMALL_SENT),
            }
            /// A [`Function`] that decides something; charts show it with another sign.
            BusinessRule {
                group: Function,
                needs: { call: CALL, next: NEXT },
                takes: [compensate_with undo],
                drawn: Task("businessRuleTask", GRID),
            }
            /// Runs code on a worker, outside of the step: at least once, and again when it fails.
            Job {
                group: Wait,
                needs: { call: CALL_OF_A_JOB, next: NEXT },
                takes: [done retry timeout delay on_timeout on_error compensate_with undo],
                drawn: Task("serviceTask", WHEEL),
                guide: jobs,
            }
            /// Waits for a time.
            Timer {
                group: Wait,
                needs: { delay: "`#[delay(\"3d\")]` or `#[delay(|a| ..)]`: how long to wait", next: NEXT },
                takes: [call undo],
                drawn: Catch(Timer, CLOCK, SMALL_CLOCK),
                guide: time,
            }
            /// Runs a process of another flow and waits for it.
            Subprocess {
                group: Children,
                needs: { child: CHILD, next: NEXT },
                takes: [done on_timeout on_error on_escalation compensate_with undo],
                drawn: Calls { many: false },
                guide: children,
            }
            /// Runs a process of another flow for each item and waits for all of them.
            NSubprocess {
                group: Children,
                needs: { child: CHILD, next: NEXT },
                takes: [done on_timeout on_error on_escalation compensate_with undo],
                drawn: Calls { many: true },
                guide: children,
            }
            /// Waits for a signal.
            SignalCatch {
                group: Wait,
                needs: { signal: SIGNAL, next: NEXT },
                takes: [call on_timeout compensate_with undo],
                drawn: Catch(Signal, TRIANGLE, SMALL_TRIANGLE),
                guide: events,
            }
            /// Waits for a message with its correlation key.
            MessageCatch {
                group: Wait,
                needs: { message: "`#[message(Type, key = |a| ..)]`: the message, and which one of them", next: NEXT },
                takes: [call on_timeout compensate_with undo],
                drawn: Catch(Message, ENVELOPE, SMALL_ENVELOPE),
                guide: events,
            }
            /// Waits until a condition holds.
            ConditionalCatch {
                group: Wait,
                needs: { cond: "`#[cond(|a| ..)]`: what it waits for", next: NEXT },
                takes: [call on_timeout compensate_with undo],
                drawn: Catch(Condition, LIST, SMALL_LIST),
                guide: events,
            }
            /// Sends a signal to all nodes that wait for it.
            SignalThrow {
                group: Throw,
                needs: { signal: SIGNAL, next: NEXT },
                takes: [undo],
                drawn: Event(Signal, FULL_TRIANGLE),
                guide: events,
            }
            /// Sends a message.
            MessageThrow {
                group: Throw,
                needs: { message: "`#[message(|a| ..)]`: the message to send", next: NEXT },
                takes: [undo],
                drawn: Event(Message, SENT),
                guide: events,
            }
            /// Escalates to the process that runs this one as a sub-process.
            EscalationThrow {
                group: Throw,
                needs: { code: CODE, next: NEXT },
                takes: [undo],
                drawn: Event(Escalation, FULL_ARROWHEAD),
                guide: children,
            }
            /// Undoes what was done, newest first.
            CompensateThrow {
                group: Throw,
                needs: { next: NEXT },
                takes: [undo],
                drawn: Event(Compensation, FULL_REWIND),
                guide: undoing,
            }
            /// Takes one of two ways.
            If {
                group: Choice,
                needs: {
                    cond: "`#[cond(|a| ..)]`: the condition",
                    then: "`#[then(..)]`: where to go when the condition holds",
                    otherwise: "`#[otherwise(..)]`: where to go when the condition does not hold",
                },
                drawn: Gateway,
            }
            /// Takes one of many ways, by a `match`.
            Switch {
                group: Choice,
                needs: {
                    switch: "`#[switch(|a| ..)]`: the value that its cases match",
                    case | default: "`#[case(pattern => node)]` for each value",
                },
                drawn: Gateway,
            }
            /// Takes several ways at once.
            Split {
                group: Split,
                needs: { branch: BRANCH },
                takes: [otherwise],
                drawn: Gateway,
                guide: branches,
            }
            /// Offers several ways: takes the way whose first step is done first, and cancels the others.
            SplitFirst {
                group: Split,
                needs: { branch: BRANCH },
                takes: [otherwise],
                drawn: Gateway,
                guide: branches,
            }
            /// Waits for all branches of a split, or for enough of them.
            Join {
                group: Join,
                needs: { next: NEXT },
                takes: [until],
                drawn: Gateway,
                guide: branches,
            }
            /// Ends a token; the process is done when its last token has ended.
            End {
                group: End,
                takes: [outcome],
                drawn: Event(Nothing, NONE),
            }
            /// Ends the process, and cancels everything that is open in it.
            Terminate {
                group: End,
                takes: [outcome],
                drawn: Event(Terminate, DISC),
            }
            /// Ends the process as failed, with a code, and cancels what is open in it.
            ErrorEnd {
                group: End,
                needs: { code: CODE },
                takes: [outcome],
                drawn: Event(Error, FULL_LIGHTNING),
                guide: failures,
            }
        }
    };
}

/// Expands to the rest of a kind's documentation, after its doc comment.
///
/// `kind_text!(marker ROW)` is for its marker type, and `kind_text!(cells ROW)` for the guide's table.
#[doc(hidden)]
#[macro_export]
macro_rules! kind_text {
    (marker
        group: $group:ident,
        $(needs: { $($need:ident $(| $or:ident)*: $words:expr),+ $(,)? },)?
        $(takes: [$($takes:ident)*],)?
        drawn: $drawn:expr,
        $(also: $also:literal,)?
        $(guide: $guide:ident,)?
    ) => {
        concat!(
            $($also, "\n",)?
            "\nIts attributes, those in bold needed: ",
            $crate::kind_text!(attributes [$($([$need $($or)*])+)?] [$($($takes)*)?]),
            "`node` `was`",
        )
    };
    (cells
        group: $group:ident,
        $(needs: { $($need:ident $(| $or:ident)*: $words:expr),+ $(,)? },)?
        $(takes: [$($takes:ident)*],)?
        drawn: $drawn:expr,
        $(also: $also:literal,)?
        $(guide: $guide:ident,)?
    ) => {
        concat!(
            $crate::kind_text!(attributes [$($([$need $($or)*])+)?] [$($($takes)*)?]),
            " | ",
            $("[", stringify!($guide), "](crate::guide::", stringify!($guide), ")",)?
        )
    };
    (attributes [$([$need:ident $($or:ident)*])*] [$($takes:ident)*]) => {
        concat!($("**`", stringify!($need), "`** ", $("or **`", stringify!($or), "`** ",)*)* $("`", stringify!($takes), "` ",)*)
    };
}

/// Expands to the guide's table of kinds, as text.
#[doc(hidden)]
#[macro_export]
macro_rules! kinds_table {
    () => {
        $crate::node_kinds!($crate::kinds_table)
    };
    ($($(#[doc = $doc:literal])* $name:ident { $($row:tt)* })*) => {
        concat!(
            "| type | what it does | attributes | more |\n|---|---|---|---|\n",
            $(
                "| [`", stringify!($name), "`](crate::nodes::", stringify!($name), ") |", $($doc,)* " | ",
                $crate::kind_text!(cells $($row)*), " |\n",
            )*
        )
    };
}
