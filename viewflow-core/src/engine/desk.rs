//! The desk: what a person sees and does, by name and as JSON, all of it through the gate.
//!
//! Pages, windows, terminals and the JSON API know the desk alone, so that none of them can forget the gate.

mod act;
mod chart;
mod choices;
mod command;
mod happened;
mod line;
mod lists;
mod many;
pub(super) mod may;
pub(super) mod once;
mod past;
mod people;
mod process;
mod send;
mod shown;
mod sight;
mod spelled;
mod start;
mod task;

use std::fmt;

use viewflow_store::UserId;

pub use chart::{Chart, ChartEdge, ChartNode};
pub use choices::FormPlace;
pub use command::{Acted, ProcessCommand, TaskCommand};
pub use happened::{ShownChange, ShownEvent, ShownValue};
pub use line::{ProcessLine, StartLine, TaskLine};
pub use lists::{Count, ListCursor, Parent, ProcessLines, TaskLines};
pub use may::{MayDo, WhyNot};
pub use past::{PastProcess, PastTask};
pub use process::ProcessDetails;
pub use shown::ShownField;
pub use task::TaskDetails;

use super::Engine;
use crate::people::User;

/// The desk of a person: reads and actions by name and as JSON, all of them gated.
///
/// A read shows what this person may see, and reports the rest as not there.
/// An action is checked in the step that carries it out, as those of [`Engine`] are.
/// A desk is cheap to make and to clone, and lives for one request or one command.
///
/// Typed code uses the engine itself: `engine.start(PublishFlow::start, &ann, form)`.
#[derive(Clone)]
pub struct Desk<'u> {
    engine: Engine,
    user: &'u dyn User,
    /// Why the person acts, for the history.
    reason: Option<String>,
    /// The tag of the task as the person saw it.
    seen: Option<u32>,
    /// The key under which an action happens once.
    once: Option<String>,
}

impl Engine {
    /// The desk of this person: what faces such as pages and terminals work with.
    pub fn desk<'u>(&self, user: &'u impl User) -> Desk<'u> {
        Desk { engine: self.clone(), user, reason: None, seen: None, once: None }
    }
}

impl Desk<'_> {
    /// This desk with a reason, which goes into the history of what the person does.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// This desk for a task as the person saw it: with the tag that came with the task.
    /// When something has happened to the task since, an action fails with
    /// [`Error::Overtaken`](crate::Error::Overtaken) and changes nothing.
    pub fn seen(mut self, tag: u32) -> Self {
        self.seen = Some(tag);
        self
    }

    /// This desk for an action that happens once, however often it is sent with this key within 24 hours.
    /// A repeated action changes nothing, and returns what the first one returned.
    ///
    /// Keys are of this person alone, and are from 1 to 100 bytes long: others fail with
    /// [`Error::BadKey`](crate::Error::BadKey). Another action with the same key fails with
    /// [`Error::OtherAction`](crate::Error::OtherAction). An action that failed is not kept, and can be sent again.
    pub fn once(mut self, key: impl Into<String>) -> Self {
        self.once = Some(key.into());
        self
    }
}

/// The person at the desk, with the reason for what they do.
impl User for Desk<'_> {
    fn id(&self) -> UserId {
        self.user.id()
    }

    fn groups(&self) -> Vec<String> {
        self.user.groups()
    }

    fn has_permission(&self, permission: &str, object: Option<&viewflow_store::Object>) -> bool {
        self.user.has_permission(permission, object)
    }

    fn permissions(&self) -> Option<Vec<viewflow_store::Permission>> {
        self.user.permissions()
    }

    fn is_active(&self) -> bool {
        self.user.is_active()
    }

    fn reason(&self) -> Option<&str> {
        self.reason.as_deref().or_else(|| self.user.reason())
    }
}

impl fmt::Debug for Desk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("user", &self.user.id()).finish_non_exhaustive()
    }
}
