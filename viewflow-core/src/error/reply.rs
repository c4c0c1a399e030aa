//! The reply of a face to an error.

use std::fmt;

use serde::Serialize;
use viewflow_store::StoreError;

use super::Error;

/// The reply of a face to an error: one of few, whatever went wrong. [`Error::reply`] names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reply {
    /// It asks who the person is: nobody is known here.
    NoPerson,
    /// It says that there is no such thing, or none that this person may see.
    NotThere,
    /// It says that this person may not do that.
    NotAllowed,
    /// It says that somebody was faster, and shows the task as it is now.
    Overtaken,
    /// It says that this is no longer possible, and shows the task or process as it is now.
    Stale,
    /// It shows the complaint where the person can correct it. [`Error::field_errors`] has it by field, if it is about
    /// fields.
    Complaint,
    /// It says to try again in a moment.
    NotNow,
    /// It says that there is too much of it.
    TooLarge,
    /// It apologizes, and leaves the message to those who keep the program.
    Fault,
}

impl Reply {
    /// Every reply.
    pub const ALL: [Self; 9] = [
        Self::NoPerson,
        Self::NotThere,
        Self::NotAllowed,
        Self::Overtaken,
        Self::Stale,
        Self::Complaint,
        Self::NotNow,
        Self::TooLarge,
        Self::Fault,
    ];
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPerson => "no person",
            Self::NotThere => "not there",
            Self::NotAllowed => "not allowed",
            Self::Overtaken => "overtaken",
            Self::Stale => "stale",
            Self::Complaint => "complaint",
            Self::NotNow => "not now",
            Self::TooLarge => "too large",
            Self::Fault => "fault",
        })
    }
}

/// The table: a row for each variant of [`Error`]. If a reply depends on the content of the error, a function finds it,
/// and a text says how.
macro_rules! replies {
    ($($variant:ident: $reply:ident $(, $told:literal)?;)*) => {
        impl Error {
            /// What a face does about the error. The guide's page on faces has the table.
            pub fn reply(&self) -> Reply {
                match self {
                    $(Self::$variant { .. } => replies!(@reply self, $reply $(, $told)?),)*
                }
            }

            /// The table of replies as the guide shows it, in Markdown.
            pub fn replies() -> String {
                let rows = [$((stringify!($variant), replies!(@told $reply $(, $told)?))),*];
                let rows = rows.map(|(variant, told)| format!("| `{variant}` | {told} |\n"));
                format!("| error | reply |\n|---|---|\n{}", rows.concat())
            }
        }
    };
    (@reply $error:ident, $reply:ident, $told:literal) => { $reply($error) };
    (@reply $error:ident, $reply:ident) => { Reply::$reply };
    (@told $reply:ident, $told:literal) => { $told.to_owned() };
    (@told $reply:ident) => { Reply::$reply.to_string() };
}

replies! {
    Form: Complaint;
    Data: Fault;
    Handler: within, "that of the error in it; fault, if it is about something missing";
    Other: other, "complaint, if it holds complaints about fields; that of an `Error` in it; else fault";
    NoProcess: NotThere;
    NoTask: NotThere;
    NoEvent: NotThere;
    NoneListed: NotThere;
    OtherNode: Fault;
    OtherFlow: Fault;
    WrongStatus: Stale;
    NotOwner: NotAllowed;
    Forbidden: forbidden, "not allowed; no person, if nobody is known";
    NoForm: Fault;
    NoPerson: Complaint;
    NoDirectory: Fault;
    Empty: Fault;
    NoRow: Fault;
    NotUnique: unique, "complaint, if a person sent the value; else fault";
    Protected: Fault;
    Overtaken: Overtaken;
    OtherAction: Complaint;
    BadKey: Complaint;
    OtherList: Complaint;
    NoColumn: Complaint;
    NoFlow: NotThere;
    NoNode: NotThere;
    CannotMove: Complaint;
    Build: Fault;
    Contended: NotNow;
    Superseded: NotNow;
    Renewing: NotNow;
    StepIsOver: Fault;
    StepInStep: Fault;
    Coded: Complaint;
    Panicked: Fault;
    ProcessIsOver: Stale;
    Suspended: Stale;
    NotSuspended: Stale;
    DoneAfter: Stale;
    NoWayBack: Stale;
    Undecided: Stale;
    Endless: Fault;
    LeaseLost: Fault;
    Subscriber: Fault;
    NobodyListens: NotThere;
    ReadOnly: Fault;
    Store: store, "too large; not now, while a list is being filled; else fault";
    Internal: Fault;
}

fn within(error: &Error) -> Reply {
    match error {
        // The person did not ask for the thing that a handler does not find.
        Error::Handler { source, .. } => match source.reply() {
            Reply::NotThere => Reply::Fault,
            reply => reply,
        },
        error => error.reply(),
    }
}

fn other(error: &Error) -> Reply {
    match error {
        error if error.field_errors().is_some() => Reply::Complaint,
        Error::Other(inner) => inner.downcast_ref::<Error>().map_or(Reply::Fault, Error::reply),
        _ => Reply::Fault,
    }
}

fn forbidden(error: &Error) -> Reply {
    match error {
        Error::Forbidden { user, .. } if user.as_str().is_empty() => Reply::NoPerson,
        _ => Reply::NotAllowed,
    }
}

fn unique(error: &Error) -> Reply {
    if error.field_errors().is_some() { Reply::Complaint } else { Reply::Fault }
}

fn store(error: &Error) -> Reply {
    match error {
        Error::Store(StoreError::TooLarge { .. } | StoreError::KeyTooLong { .. }) => Reply::TooLarge,
        Error::Store(StoreError::NotReady { .. } | StoreError::Conflict) => Reply::NotNow,
        _ => Reply::Fault,
    }
}
