//! Details that charts show of a node or an edge, besides its name.

use std::time::Duration;

/// The time or the name that charts show with a node or a timeout.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Detail {
    /// This long after the token arrived.
    After(Duration),
    /// Repeatedly, with this much time in between.
    Every(Duration),
    /// At the times of a cron pattern.
    Cron(String),
    /// At a time that the flow computes.
    Asked,
    /// A signal, message, error or escalation with this name.
    Named(String),
}

impl Detail {
    /// Returns the time as people read it, or `None` for a computed time or a name.
    pub(crate) fn told(&self) -> Option<String> {
        match self {
            Self::After(time) => Some(length(*time)),
            Self::Every(time) => Some(format!("every {}", length(*time))),
            Self::Cron(pattern) => Some(pattern.clone()),
            Self::Asked | Self::Named(_) => None,
        }
    }
}

/// Formats a length of time as attributes write it: `1h 30m`.
fn length(time: Duration) -> String {
    let seconds = time.as_secs();
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
        (u64::from(time.subsec_millis()), "ms"),
    ];
    let told = parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}"));
    let told = told.collect::<Vec<_>>().join(" ");
    if told.is_empty() { "0s".to_owned() } else { told }
}
