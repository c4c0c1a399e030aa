//! What charts tell of a node or an edge besides its name.

use std::time::Duration;

/// What a node waits for or tells, or when a timeout fires, for charts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Detail {
    /// So long after it was begun.
    After(Duration),
    /// Again and again, so long after each other.
    Every(Duration),
    /// At the times of a cron pattern.
    Cron(String),
    /// At a time that the flow is asked for.
    Asked,
    /// A signal, message, error or escalation of this name.
    Named(String),
}

impl Detail {
    /// What a person reads of a time; nothing of a time that is asked for, or of a name.
    pub(crate) fn told(&self) -> Option<String> {
        match self {
            Self::After(time) => Some(length(*time)),
            Self::Every(time) => Some(format!("every {}", length(*time))),
            Self::Cron(pattern) => Some(pattern.clone()),
            Self::Asked | Self::Named(_) => None,
        }
    }
}

/// A length of time as it is written in attributes: `1h 30m`.
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
