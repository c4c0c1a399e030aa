//! When something is to happen, as flows say it.

use std::time::Duration;

use viewflow_store::Timestamp;

/// When something is to happen: so much later, or at a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// So much later.
    In(Duration),
    /// At this time; at once when it is over.
    At(Timestamp),
}

/// What a timer or timeout may be given: a `Duration`, a [`Timestamp`], and with the feature `jiff` a
/// `jiff::SignedDuration` or a `jiff::Timestamp`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a time nor a duration",
    label = "expected a `Duration`, or a `Timestamp`",
    note = "for a fixed duration write text: `\"3d\"`, `\"1h 30m\"`"
)]
pub trait IntoMoment {
    /// When it is to happen.
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
    /// A negative one is over already.
    fn into_moment(self) -> Moment {
        Moment::In(Duration::try_from(self).unwrap_or_default())
    }
}
