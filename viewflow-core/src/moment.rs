//! Points in time for future events, as flows give them.

use std::time::Duration;

use viewflow_store::Timestamp;

/// The time at which something is to happen: after a duration, or at a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After this duration.
    In(Duration),
    /// At this time; at once if it has passed.
    At(Timestamp),
}

/// A value that a timer or timeout accepts: a `Duration` or a [`Timestamp`]. With the feature `jiff` it may also be a
/// `jiff::SignedDuration` or a `jiff::Timestamp`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a time nor a duration",
    label = "expected a `Duration`, or a `Timestamp`",
    note = "for a fixed duration write text: `\"3d\"`, `\"1h 30m\"`"
)]
pub trait IntoMoment {
    /// Returns the time at which something is to happen.
    fn into_moment(self) -> Moment;
}

impl IntoMoment for Duration {
    fn into_moment(self) -> Moment {
        Moment::In(self)
    }
}

impl IntoMoment for Timestamp {
    fn into_moment(self) -> Moment {
        Moment::At(self)
    }
}

impl IntoMoment for Moment {
    fn into_moment(self) -> Moment {
        self
    }
}

#[cfg(feature = "jiff")]
impl IntoMoment for jiff::Timestamp {
    fn into_moment(self) -> Moment {
        Moment::At(self.into())
    }
}

#[cfg(feature = "jiff")]
impl IntoMoment for jiff::SignedDuration {
    /// A negative duration has passed already.
    fn into_moment(self) -> Moment {
        Moment::In(Duration::try_from(self).unwrap_or_default())
    }
}
